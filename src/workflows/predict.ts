/** Segmenting images with a trained run; they need not belong to any data set. */
import { join } from "node:path";
import { DataError, type DimsegError, ResourceError, UsageError } from "../core/errors.js";
import { Stopped, type Turn, turnUntil } from "../core/turns.js";
import { channelFilesOf, readersOf } from "../data/case-files.js";
import type { Case, Dataset } from "../data/dataset.js";
import { isImageName, isVolumeName } from "../data/file-patterns.js";
import { type MaskFormat, segmentationFormatNames } from "../data/formats/mask-format-names.js";
import { type ChannelFiles, readPictureChannels, readVolumeChannels } from "../data/read-channels.js";
import { readFoundVolume } from "../data/read-image.js";
import { systemPicturesText } from "../data/system-names.js";
import { hasSlices } from "../data/volumes/decode-volume.js";
import { isExported } from "../export/exported-model.js";
import type { StoredImage } from "../grid/stored-image.js";
import { type PredictionContents, type PredictionFile, predictionFiles } from "../inference/encode-prediction.js";
import { volumeFiles } from "../inference/encode-volume.js";
import { indexValue } from "../inference/label-map.js";
import { ruledImage, ruledVolume } from "../inference/ruled.js";
import { rulesText } from "../judging/rules-text.js";
import type { Observer, Workflow } from "./observer.js";
import { wholeImages } from "./prediction/channel-files.js";
import { openExportedSegmenter } from "./prediction/exported-segmenter.js";
import { isDoubtful, type MasksQuality, qualityName } from "./prediction/image-quality.js";
import {
  type InputImage,
  leaveOutMasks,
  listInputs,
  refuseCollisions,
  refuseMissing,
  refuseOverwriting,
  refuseSharedFolders,
} from "./prediction/inputs.js";
import { isLabelVolume, looksLikeMask } from "./prediction/mask-evidence.js";
import { openRunSegmenter } from "./prediction/run-segmenter.js";
import type { AskedNetwork, Segmenter } from "./prediction/segmenter.js";
import { listVolumes } from "./prediction/series-inputs.js";
import { predictionsRecord, type WrittenRecord } from "./written-record.js";

/** What is to be segmented, and what to write. */
export interface PredictInput extends AskedNetwork, PredictionContents {
  /** Image files, and folders of them. */
  readonly images: readonly string[];
  /** Folder that the masks go to. */
  readonly out: string;
}

/** What was segmented. */
export interface Predicted {
  /** Which network and checkpoint, and how it was chosen, for people. */
  readonly answeredBy: string;
  /** What was done to the label maps, for people; none where nothing was. */
  readonly rules: string | undefined;
  /** Images that were asked for, and of these written. */
  readonly images: number;
  readonly written: number;
  /** Told to stop before the last of them was looked at. */
  readonly stopped: boolean;
  /** Masks and earlier results that were found among the images. */
  readonly leftOut: readonly string[];
  /** A sentence about pictures that systems and servers keep in the folders; none where there are none. */
  readonly systemPictures: readonly string[];
  /** Images that are not opaque everywhere; what lies under their transparent parts was segmented as the rest. */
  readonly transparent: readonly string[];
  /** Folders of results, that of the masks first. */
  readonly folders: readonly string[];
  /** What each value in the masks means. */
  readonly legend: readonly string[];
  /** The colour of each class in overlays; none where there are no overlays. */
  readonly outlines: readonly string[];
  /** How good the masks are; null where it was not asked for. */
  readonly quality: MasksQuality | null;
  /** Whether the masks are DICOM files that say nothing of the patient but the UIDs of the study. */
  readonly withoutIds: boolean;
  /** One sentence for each image that could not be read, or whose results could not be written. */
  readonly broken: readonly string[];
}

/** Segments one image and writes its files; true when the image is not opaque everywhere. */
type WriteImage = (image: InputImage, doubtful?: boolean) => Promise<boolean>;

type OutputFile = Pick<PredictionFile, "folder" | "extension">;

function outputPath(out: string, { folder, extension }: OutputFile, { name }: InputImage): string {
  return join(out, folder, `${name}.${extension}`);
}

function channelsOf({ path, furtherChannels = [] }: InputImage): ChannelFiles {
  return { imagePath: path, furtherChannels };
}

/** What becomes of each image, and how. */
interface Writing {
  readonly files: readonly OutputFile[];
  /** @param record of what is written */
  writer(record: WrittenRecord): WriteImage;
}

/** How one kind of images, pictures or volumes, is read, segmented and encoded. */
interface Segmenting<P> {
  readonly files: readonly PredictionFile<P>[];
  read(image: InputImage): Promise<StoredImage>;
  segment(stored: StoredImage, path: string): P | Promise<P>;
}

function writing<P>({ files, read, segment }: Segmenting<P>, out: string): Writing {
  const writer = (record: WrittenRecord) => async (image: InputImage, doubtful?: boolean) => {
    const stored = await read(image);
    const prediction = await segment(stored, image.path);
    for (const file of files) {
      const chunks = await file.encode(prediction, stored, { ...image, doubtful });
      record.write(outputPath(out, file, image), chunks);
    }
    return stored.alpha !== undefined;
  };
  return { files, writer };
}

function isSegmentation(format: MaskFormat | undefined): boolean {
  return segmentationFormatNames.some((name) => name === format);
}

/** @throws UsageError when something is wanted that volumes do not give */
function writingOf(segmenter: Segmenter, input: PredictInput): Writing {
  const { dataset, rules } = segmenter;
  const { format, keepIds, out } = input;
  if (keepIds && !isSegmentation(format))
    throw new UsageError(
      `--keep-ids is of masks as DICOM SEG; add --format ${segmentationFormatNames[0]}, or leave it out`,
    );
  if (!hasSlices(dataset)) {
    if (format !== undefined)
      throw new UsageError(
        "--format is of masks of volumes; the run was trained on pictures, whose masks are PNG, so leave it out",
      );
    return writing(
      {
        files: predictionFiles(dataset, input),
        read: (image) => readPictureChannels(channelsOf(image)),
        async segment(stored, path) {
          const said = await segmenter.segmentImage(stored, path);
          return rules ? ruledImage(said, stored, dataset, rules, path) : said;
        },
      },
      out,
    );
  }
  const read = async (image: InputImage) => {
    const { path, series } = image;
    if (series) return readFoundVolume(series, path);
    if (isImageName(path) && !isVolumeName(path))
      throw new DataError(`${path}: is a picture, and the run was trained on volumes; give it volumes`);
    return readVolumeChannels(channelsOf(image));
  };
  const segment = async (stored: StoredImage, path: string) => {
    const said = await segmenter.segmentVolume(stored, path, dataset);
    return rules ? ruledVolume(said, stored, dataset, rules, path) : said;
  };
  return writing({ files: volumeFiles(dataset, input), read, segment }, out);
}

/** What of a failure concerns one image alone: its pixels, or a name that the file system does not take. */
function isOfOneImage(error: unknown): error is DimsegError {
  if (error instanceof DataError) return true;
  const code = error instanceof ResourceError && (error.cause as NodeJS.ErrnoException | undefined)?.code;
  return code === "ENAMETOOLONG" || code === "EILSEQ" || code === "EINVAL" || code === "EISDIR";
}

/** Writes images, all of them unless told to stop; an image's files are all written or none. */
async function writeAll(
  inputs: readonly InputImage[],
  write: WriteImage,
  turn: Turn,
  { progress }: Observer,
): Promise<Pick<Predicted, "written" | "broken" | "transparent" | "stopped">> {
  const broken: string[] = [];
  const transparent: string[] = [];
  let written = 0;
  for (const [done, image] of inputs.entries()) {
    try {
      await turn();
      if (await write(image)) transparent.push(image.path);
      written++;
    } catch (error) {
      if (error instanceof Stopped) return { written, broken, transparent, stopped: true };
      if (!isOfOneImage(error)) throw error;
      broken.push(error.message);
    }
    progress("predicting", done + 1, inputs.length);
  }
  return { written, broken, transparent, stopped: false };
}

function legendOf({ target, classes }: Dataset): string[] {
  const values = classes.map((one) => `${indexValue(one, target)} ${one.name}`);
  return target === "softmax" ? values : ["0 none", ...values];
}

/** Masks of every reader, whether they count or not. */
function maskPathsOf(one: Case): string[] {
  return readersOf(one).flatMap((files) => files.map(({ path }) => path));
}

/** Segments images with what was opened for them. */
async function predictWith(
  segmenter: Segmenter,
  input: PredictInput,
  turn: Turn,
  observer: Observer,
): Promise<Predicted> {
  const { out } = input;
  const { dataset, cases, answeredBy, rules } = segmenter;
  const {
    images: found,
    segmentations,
    system,
  } = dataset.slices ? await listVolumes(input.images, observer) : { ...listInputs(input.images), segmentations: [] };
  const { files, writer } = writingOf(segmenter, input);
  const folders = files.map(({ folder }) => join(out, folder));
  const masks = cases.flatMap(maskPathsOf);
  const { images: chosen, leftOut } = await leaveOutMasks(
    found,
    masks,
    folders,
    dataset.slices ? isLabelVolume : looksLikeMask,
  );
  const { images: inputs, incomplete } = await wholeImages(chosen, dataset);
  refuseCollisions(inputs, files[0].extension);
  const qualityPath = join(out, qualityName);
  const results = inputs.flatMap((image) => files.map((file) => outputPath(out, file, image)));
  const outputs = input.quality ? [...results, qualityPath] : results;
  const filesOf = (image: InputImage) =>
    image.series?.slices.map(({ file }) => file) ?? channelFilesOf(channelsOf(image));
  refuseOverwriting(outputs, [...inputs.flatMap(filesOf), ...cases.flatMap(channelFilesOf), ...masks]);
  if (input.quality) refuseSharedFolders(inputs);
  const record = predictionsRecord(out);
  record.refuseForeign(outputs);
  const quality = input.quality ? await segmenter.openQuality() : null;
  const write = writer(record);
  // Estimated first: overlays show what is doubtful.
  const writeImage: WriteImage = async (image) => {
    const estimated = await quality?.estimate(image);
    const isTransparent = await write(image, estimated && isDoubtful(estimated));
    if (estimated) quality?.add(estimated);
    return isTransparent;
  };
  const { broken: unread, ...did } = await writeAll(inputs, writeImage, turn, observer);
  const broken = [...incomplete, ...unread];
  if (quality) record.write(qualityPath, [Buffer.from(quality.csv())]);
  record.tidy();
  return {
    answeredBy,
    rules: rules && rulesText(rules, dataset.slices ? "mm3" : "pixels"),
    images: inputs.length + incomplete.length,
    leftOut: [...leftOut.map(({ path }) => path), ...segmentations],
    systemPictures: systemPicturesText(system),
    folders,
    legend: legendOf(dataset),
    quality: quality?.summary() ?? null,
    outlines: input.overlay ? dataset.parts.map(({ name, colour }) => `${name} ${colour}`) : [],
    withoutIds: isSegmentation(input.format) && !input.keepIds,
    ...did,
    broken,
  };
}

/**
 * Segments images with a run or an exported model; one that cannot be read does not end the work. Replaces nothing but what
 * an earlier call wrote.
 * @throws UsageError when any other file would be replaced; DataError, CheckpointError
 *   as opening the run does
 */
export const predictImages: Workflow<PredictInput, Predicted> = async (input, observer) => {
  refuseMissing(input.images);
  const turn = turnUntil(() => observer.stopRequested?.() ?? false);
  const segmenter = await (isExported(input.run)
    ? openExportedSegmenter(input, turn)
    : openRunSegmenter(input, turn, observer));
  try {
    return await predictWith(segmenter, input, turn, observer);
  } finally {
    await segmenter.close();
  }
};
