/** Segmenting images with a trained run; they need not belong to any data set. */
import { join } from "node:path";
import { DataError, type DimsegError, ResourceError } from "../core/errors.js";
import { Stopped, type Turn, turnUntil } from "../core/turns.js";
import { channelFilesOf, readersOf } from "../data/case-files.js";
import type { Case, Dataset } from "../data/dataset.js";
import { systemPicturesText } from "../data/system-names.js";
import { indexValue } from "../inference/label-map.js";
import type { PredictionContents } from "../inference/write/encode-prediction.js";
import { rulesText } from "../judging/rules-text.js";
import type { Observer, Workflow } from "./observer.js";
import { wholeImages } from "./prediction/channel-files.js";
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
import { openSegmenter } from "./prediction/open-segmenter.js";
import { channelsOf } from "./prediction/read-input.js";
import type { AskedNetwork, Segmenter } from "./prediction/segmenter.js";
import { isSegmentation, type OutputFile, segmentingOf } from "./prediction/segmenting.js";
import { listVolumes } from "./prediction/series-inputs.js";
import { predictionsRecord } from "./written-record.js";

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
type WriteImage = (image: InputImage) => Promise<boolean>;

function outputPath(out: string, { folder, extension }: OutputFile, { name }: InputImage): string {
  return join(out, folder, `${name}.${extension}`);
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
  const { files, segment } = segmentingOf(segmenter, input);
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
  // Estimated first: overlays show what is doubtful.
  const writeImage: WriteImage = async (image) => {
    const estimated = await quality?.estimate(image);
    const write = (file: OutputFile, chunks: Uint8Array[]) => record.write(outputPath(out, file, image), chunks);
    const isTransparent = await segment(image, write, estimated && isDoubtful(estimated));
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
  const segmenter = await openSegmenter(input, turn, observer);
  try {
    return await predictWith(segmenter, input, turn, observer);
  } finally {
    await segmenter.close();
  }
};
