/** Segmenting images with a trained run; they need not belong to any data set. */
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { writeFileAtomic } from "../core/atomic-file.js";
import { DataError, DimsegError } from "../core/errors.js";
import { allCases, type Case, type Dataset, loadDataset } from "../data/dataset.js";
import { readImage } from "../data/readers/read-image.js";
import { type PredictionContents, type PredictionFile, predictionFiles } from "../inference/encode-prediction.js";
import { indexValue } from "../inference/label-map.js";
import { predictImage } from "../inference/predict-image.js";
import type { CheckpointName, NetworkName } from "../runs/checkpoint-names.js";
import type { Observer, Workflow } from "./observer.js";
import { networkOf, type OpenedRun, openRun } from "./open-run.js";
import {
  type InputImage,
  leaveOutMasks,
  listInputs,
  refuseCollisions,
  refuseExisting,
  refuseOverwriting,
} from "./prediction/inputs.js";

/** What is to be segmented, and what to write. */
export interface PredictInput extends PredictionContents {
  readonly run: string;
  /** Image files, and folders of them. */
  readonly images: readonly string[];
  /** Folder that the masks go to. */
  readonly out: string;
  readonly checkpoint: CheckpointName;
  readonly network: NetworkName;
  /** Average over mirror images. */
  readonly tta: boolean;
}

/** What was segmented. */
export interface Predicted {
  /** How the checkpoint was chosen, for people. */
  readonly checkpointRule: string;
  /** Images that were asked for, and of these written. */
  readonly images: number;
  readonly written: number;
  /** Masks and earlier results that were found among the images. */
  readonly leftOut: number;
  /** Folders of results, that of the masks first. */
  readonly folders: readonly string[];
  /** What each value in the masks means. */
  readonly legend: readonly string[];
  /** One sentence for each image that could not be read. */
  readonly broken: readonly string[];
}

type WriteImage = (image: InputImage) => Promise<void>;

function outputPath(out: string, { folder, extension }: PredictionFile, { name }: InputImage): string {
  return join(out, folder, `${name}.${extension}`);
}

/** Segments one image and writes all its files. */
function createWriter(run: OpenedRun, files: PredictionFile[], input: PredictInput): WriteImage {
  const network = networkOf(run, input.network);
  const { size, device, precision, dataset } = run;
  return async (image) => {
    const raster = await readImage(image.path);
    const asked = { size, device, precision, testTimeFlips: input.tta };
    const prediction = predictImage(network, raster, image.path, dataset, asked);
    for (const file of files) {
      const chunks = await file.encode(prediction, raster, image.path);
      writeFileAtomic(outputPath(input.out, file, image), chunks);
    }
  };
}

/** Writes all images. Returns a sentence for each that could not be read. */
async function writeAll(inputs: readonly InputImage[], write: WriteImage, { progress }: Observer): Promise<string[]> {
  const broken: string[] = [];
  for (const [done, image] of inputs.entries()) {
    try {
      await write(image);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      broken.push(error.message);
    }
    progress("predicting", done + 1, inputs.length);
    await nextTurn();
  }
  return broken;
}

function legendOf({ target, classes }: Dataset): string[] {
  const values = classes.map((one) => `${indexValue(one, target)} ${one.name}`);
  return target === "softmax" ? values : ["0 none", ...values];
}

/** The cases of the run's data set, whose files are no images to segment or to replace; null when it cannot be opened. */
function ownCases({ config }: OpenedRun): Case[] | null {
  try {
    return allCases(loadDataset(config.dataset));
  } catch (error) {
    if (!(error instanceof DimsegError)) throw error;
    return null;
  }
}

function filesOf({ imagePath, maskPath }: Case): string[] {
  return maskPath === undefined ? [imagePath] : [imagePath, maskPath];
}

/**
 * Segments images; one that cannot be read does not end the work.
 * @throws UsageError when a file that was given or belongs to the data set would be replaced; DataError, CheckpointError
 *   as opening the run does
 */
export const predictImages: Workflow<PredictInput, Predicted> = async (input, observer) => {
  const { out } = input;
  const found = listInputs(input.images);
  const run = await openRun(input.run, input.checkpoint, observer, "unused");
  const files = predictionFiles(run.dataset, input);
  const folders = files.map(({ folder }) => join(out, folder));
  const own = ownCases(run);
  const cases = own ?? [];
  const inputs = leaveOutMasks(
    found,
    cases.flatMap(({ maskPath }) => maskPath ?? []),
    folders,
  );
  refuseCollisions(inputs);
  const outputs = inputs.flatMap((image) => files.map((file) => outputPath(out, file, image)));
  if (own === null) refuseExisting(outputs, run.config.dataset);
  refuseOverwriting(outputs, [...inputs.map((one) => one.path), ...cases.flatMap(filesOf)]);
  const broken = await writeAll(inputs, createWriter(run, files, input), observer);
  return {
    checkpointRule: run.checkpointRule,
    images: inputs.length,
    written: inputs.length - broken.length,
    leftOut: found.length - inputs.length,
    folders,
    legend: legendOf(run.dataset),
    broken,
  };
};
