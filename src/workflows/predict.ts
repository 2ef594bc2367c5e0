/** Segmenting images with a trained run; they need not belong to any data set. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { DataError, DimsegError, ResourceError, UsageError } from "../core/errors.js";
import { readersOf } from "../data/case-files.js";
import { allCases, type Case, type Dataset, loadDataset } from "../data/dataset.js";
import { isImageName, isVolumeName } from "../data/file-patterns.js";
import { mayBeDicom, refuseSeries } from "../data/inspect/dicom-series.js";
import { readImage, readVolume } from "../data/read-image.js";
import { systemPicturesText } from "../data/system-names.js";
import { hasSlices } from "../data/volumes/decode-volume.js";
import type { StoredImage } from "../grid/stored-image.js";
import { type PredictionContents, type PredictionFile, predictionFiles } from "../inference/encode-prediction.js";
import { volumeFiles } from "../inference/encode-volume.js";
import { Ensemble } from "../inference/ensemble.js";
import { indexValue } from "../inference/label-map.js";
import { predictImage } from "../inference/predict-image.js";
import { predictVolume } from "../inference/predict-volume.js";
import type { SegmentationNetwork } from "../nn/index.js";
import type { CheckpointName, NetworkName } from "../runs/checkpoint-names.js";
import { datasetDifferences } from "../runs/dataset-facts.js";
import type { Observer, Workflow } from "./observer.js";
import { networkOf, type OpenedRun, openRun } from "./open-run.js";
import {
  type InputImage,
  leaveOutMasks,
  listInputs,
  refuseCollisions,
  refuseOverwriting,
} from "./prediction/inputs.js";
import { isLabelVolume, looksLikeMask } from "./prediction/mask-evidence.js";
import { WrittenRecord } from "./written-record.js";

/** What is to be segmented, and what to write. */
export interface PredictInput extends PredictionContents {
  readonly run: string;
  /** Further runs; what all of them say is averaged. */
  readonly with?: readonly string[] | undefined;
  /** Image files, and folders of them. */
  readonly images: readonly string[];
  /** Folder that the masks go to. */
  readonly out: string;
  readonly checkpoint: CheckpointName;
  readonly network: NetworkName;
  /** Average over mirror images. */
  readonly tta: boolean;
  /** Values of images of more than 8 bits that become 0 and 255; default: those of the run's data set. */
  readonly intensity?: { readonly low: number; readonly high: number } | undefined;
}

/** What was segmented. */
export interface Predicted {
  /** How the checkpoint was chosen, for people. */
  readonly checkpointRule: string;
  /** Images that were asked for, and of these written. */
  readonly images: number;
  readonly written: number;
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
  /** One sentence for each image that could not be read, or whose results could not be written. */
  readonly broken: readonly string[];
}

/** Segments one image and writes its files; true when the image is not opaque everywhere. */
type WriteImage = (image: InputImage) => Promise<boolean>;

type OutputFile = Pick<PredictionFile, "folder" | "extension">;

function outputPath(out: string, { folder, extension }: OutputFile, { name }: InputImage): string {
  return join(out, folder, `${name}.${extension}`);
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
  read(path: string): Promise<StoredImage>;
  segment(stored: StoredImage, path: string): P | Promise<P>;
}

function writing<P>({ files, read, segment }: Segmenting<P>, out: string): Writing {
  const writer = (record: WrittenRecord) => async (image: InputImage) => {
    const stored = await read(image.path);
    const prediction = await segment(stored, image.path);
    for (const file of files) {
      const chunks = await file.encode(prediction, stored, image.path);
      record.write(outputPath(out, file, image), chunks);
    }
    return stored.alpha !== undefined;
  };
  return { files, writer };
}

/** The sides of what a run's networks see. */
function gridOf({ size, patch }: OpenedRun): string {
  return (patch ?? [size, size]).join(" x ");
}

/**
 * The network of a run, or what it and those of further runs say together.
 * @throws UsageError for runs that see images or classes differently; and as opening a run does
 */
async function networkOfAll(run: OpenedRun, input: PredictInput, observer: Observer): Promise<SegmentationNetwork> {
  const networks = [networkOf(run, input.network)];
  for (const path of input.with ?? []) {
    const other = await openRun(path, input.checkpoint, observer, "unused");
    if ((run.patch === null) !== (other.patch === null))
      throw new UsageError(
        `${path}: cannot answer together with ${run.folder.path}, since one sees pictures and the other patches of volumes`,
      );
    const [own, theirs] = [run, other].map(gridOf);
    const differences = datasetDifferences(run.dataset, other.dataset, run.patch !== null).filter(
      (key) => key !== "size",
    );
    if (own !== theirs) differences.push(`${run.patch ? "patch" : "size"} (${own} and ${theirs})`);
    if (differences.length > 0)
      throw new UsageError(
        `${path}: cannot answer together with ${run.folder.path}, since they differ in ${differences.join(", ")}; give runs of one data set and size`,
      );
    networks.push(networkOf(other, input.network));
  }
  return networks.length === 1 ? networks[0] : new Ensemble(networks, run.dataset.target);
}

/** @throws UsageError when something is wanted that volumes do not give */
function writingOf(run: OpenedRun, network: SegmentationNetwork, input: PredictInput): Writing {
  const { size, patch, device, precision, normalisation, dataset } = run;
  const { tta: testTimeFlips, probabilities, format, out } = input;
  const asked = { size, device, precision, normalisation, testTimeFlips };
  if (!hasSlices(dataset)) {
    if (format !== undefined)
      throw new UsageError(
        "--format is of masks of volumes; the run was trained on pictures, whose masks are PNG, so leave it out",
      );
    return writing(
      {
        files: predictionFiles(dataset, input),
        read: (path) => readImage(path),
        segment: (stored, path) => predictImage(network, stored, path, dataset, { ...asked, probabilities }),
      },
      out,
    );
  }
  const read = async (path: string) => {
    if (isImageName(path) && !isVolumeName(path))
      throw new DataError(`${path}: is a picture, and the run was trained on volumes; give it volumes`);
    return readVolume(path);
  };
  const segment = (stored: StoredImage, path: string) =>
    predictVolume(network, stored, path, dataset, { ...asked, patch, probabilities }, () => nextTurn());
  return writing({ files: volumeFiles(dataset, input), read, segment }, out);
}

/** What of a failure concerns one image alone: its pixels, or a name that the file system does not take. */
function isOfOneImage(error: unknown): error is DimsegError {
  if (error instanceof DataError) return true;
  const code = error instanceof ResourceError && (error.cause as NodeJS.ErrnoException | undefined)?.code;
  return code === "ENAMETOOLONG" || code === "EILSEQ" || code === "EINVAL" || code === "EISDIR";
}

/** Writes all images. */
async function writeAll(
  inputs: readonly InputImage[],
  write: WriteImage,
  { progress }: Observer,
): Promise<Pick<Predicted, "broken" | "transparent">> {
  const broken: string[] = [];
  const transparent: string[] = [];
  for (const [done, image] of inputs.entries()) {
    try {
      if (await write(image)) transparent.push(image.path);
    } catch (error) {
      if (!isOfOneImage(error)) throw error;
      broken.push(error.message);
    }
    progress("predicting", done + 1, inputs.length);
    await nextTurn();
  }
  return { broken, transparent };
}

function legendOf({ target, classes }: Dataset): string[] {
  const values = classes.map((one) => `${indexValue(one, target)} ${one.name}`);
  return target === "softmax" ? values : ["0 none", ...values];
}

/** The cases of the run's data set, whose files are no images to segment or to replace; none when it cannot be opened. */
function ownCases({ config }: OpenedRun): Case[] {
  try {
    return allCases(loadDataset(config.dataset));
  } catch (error) {
    if (!(error instanceof DimsegError)) throw error;
    return [];
  }
}

/** What the network knows of its data set, for images of another scanner's range. */
function withIntensity(dataset: Dataset, { intensity }: PredictInput): Dataset {
  if (intensity === undefined) return dataset;
  const { slices } = dataset;
  return slices ? { ...dataset, slices: { ...slices, intensity } } : { ...dataset, intensity };
}

/** Masks of every reader, whether they count or not. */
function maskPathsOf(one: Case): string[] {
  return readersOf(one).flatMap((files) => files.map(({ path }) => path));
}

/**
 * Segments images; one that cannot be read does not end the work. Replaces nothing but what an earlier call wrote.
 * @throws UsageError when any other file would be replaced; DataError, CheckpointError
 *   as opening the run does
 */
export const predictImages: Workflow<PredictInput, Predicted> = async (input, observer) => {
  const { out } = input;
  const { images: found, system } = listInputs(input.images);
  const opened = await openRun(input.run, input.checkpoint, observer, "unused");
  const run = { ...opened, dataset: withIntensity(opened.dataset, input) };
  if (run.dataset.slices && found.some(({ given, path }) => !given && mayBeDicom(path)))
    for (const path of input.images) if (statSync(path).isDirectory()) await refuseSeries(path, observer.progress);
  const { files, writer } = writingOf(run, await networkOfAll(opened, input, observer), input);
  const folders = files.map(({ folder }) => join(out, folder));
  const cases = ownCases(run);
  const masks = cases.flatMap(maskPathsOf);
  const { images: inputs, leftOut } = await leaveOutMasks(
    found,
    masks,
    folders,
    run.dataset.slices ? isLabelVolume : looksLikeMask,
  );
  refuseCollisions(inputs, files[0].extension);
  const outputs = inputs.flatMap((image) => files.map((file) => outputPath(out, file, image)));
  refuseOverwriting(outputs, [...inputs.map((one) => one.path), ...cases.map((one) => one.imagePath), ...masks]);
  const record = new WrittenRecord(out, "dimseg-predictions.sha256", "prediction");
  record.refuseForeign(outputs);
  const { broken, transparent } = await writeAll(inputs, writer(record), observer);
  record.tidy();
  return {
    checkpointRule: run.checkpointRule,
    images: inputs.length,
    written: inputs.length - broken.length,
    leftOut: leftOut.map(({ path }) => path),
    systemPictures: systemPicturesText(system),
    transparent,
    folders,
    legend: legendOf(run.dataset),
    outlines: input.overlay ? run.dataset.parts.map(({ name, colour }) => `${name} ${colour}`) : [],
    broken,
  };
};
