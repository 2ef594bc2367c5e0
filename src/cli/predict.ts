/** `dimseg predict RUN IMAGES...`: masks for images that need not belong to any data set. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { writeFileAtomic } from "../core/atomic-file.js";
import { counted } from "../core/counted.js";
import { DataError, DimsegError } from "../core/errors.js";
import type { Case, Dataset } from "../data/dataset.js";
import type { PredictionContents, PredictionFile } from "../inference/encode-prediction.js";
import type { CheckpointName } from "../runs/load-run.js";
import { checkpointChoices, type NetworkName, networkOf, type OpenedRun, openRun } from "./open-run.js";
import {
  type InputImage,
  leaveOutMasks,
  listInputs,
  refuseCollisions,
  refuseExisting,
  refuseOverwriting,
} from "./predict-files.js";
import { createProgress } from "./progress.js";

interface PredictVerbOptions extends PredictionContents {
  readonly out: string;
  readonly checkpoint: CheckpointName;
  readonly network: NetworkName;
  readonly tta: boolean;
}

type WriteImage = (image: InputImage) => Promise<void>;

function outputPath(out: string, { folder, extension }: PredictionFile, { name }: InputImage): string {
  return join(out, folder, `${name}.${extension}`);
}

/** Segments one image and writes all its files. */
async function createWriter(run: OpenedRun, files: PredictionFile[], options: PredictVerbOptions): Promise<WriteImage> {
  const { readImage } = await import("../data/read-image.js");
  const { predictImage } = await import("../inference/predict-image.js");
  const network = networkOf(run, options.network);
  const { size, device, precision, normalisation, dataset } = run;
  return async (image) => {
    const stored = await readImage(image.path);
    const asked = { size, device, precision, normalisation, testTimeFlips: options.tta };
    const prediction = predictImage(network, stored, image.path, dataset, asked);
    for (const file of files) {
      const chunks = await file.encode(prediction, stored, image.path);
      writeFileAtomic(outputPath(options.out, file, image), chunks);
    }
  };
}

/** Writes all images; those that cannot be read are named at the end. Returns how many these are. */
async function writeAll(inputs: readonly InputImage[], write: WriteImage): Promise<number> {
  const progress = createProgress({ label: "predicting", total: inputs.length });
  const broken: string[] = [];
  try {
    for (const [done, image] of inputs.entries()) {
      try {
        await write(image);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        broken.push(error.message);
      }
      progress.update(done + 1);
    }
  } finally {
    progress.finish();
    for (const message of broken) console.error(message);
  }
  return broken.length;
}

async function legend({ target, classes }: Dataset): Promise<string> {
  const { indexValue } = await import("../inference/label-map.js");
  const values = classes.map((one) => `${indexValue(one, target)} ${one.name}`);
  return (target === "softmax" ? values : ["0 none", ...values]).join(", ");
}

/** The cases of the run's data set, whose files are no images to segment or to replace; null when it cannot be opened. */
async function ownCases({ config }: OpenedRun): Promise<Case[] | null> {
  const { allCases, loadDataset } = await import("../data/dataset.js");
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

async function predict(path: string, images: string[], options: PredictVerbOptions): Promise<void> {
  const { predictionFiles } = await import("../inference/encode-prediction.js");
  const found = listInputs(images);
  const run = await openRun(path, options.checkpoint, "unused");
  const files = predictionFiles(run.dataset, options);
  const own = await ownCases(run);
  const cases = own ?? [];
  const inputs = leaveOutMasks(
    found,
    cases.flatMap(({ maskPath }) => maskPath ?? []),
    files.map(({ folder }) => join(options.out, folder)),
  );
  refuseCollisions(inputs);
  const outputs = inputs.flatMap((image) => files.map((file) => outputPath(options.out, file, image)));
  if (own === null) refuseExisting(outputs, run.config.dataset);
  refuseOverwriting(outputs, [...inputs.map((one) => one.path), ...cases.flatMap(filesOf)]);
  const broken = await writeAll(inputs, await createWriter(run, files, options));
  const written = inputs.length - broken;
  console.log(`${options.network}, ${run.checkpointRule}`);
  console.log(
    `Wrote ${written} of ${inputs.length} masks to ${join(options.out, "masks")}: ${await legend(run.dataset)}.`,
  );
  const others = files.slice(1).map(({ folder }) => join(options.out, folder));
  if (inputs.length < found.length) {
    console.log(`Left out masks and earlier results: ${counted(found.length - inputs.length, "file")}.`);
  }
  if (others.length > 0) console.log(`Beside them: ${others.join(", ")}.`);
  if (broken > 0) {
    throw new DataError(
      `${broken} of ${inputs.length} images could not be read, each named above; the others are done`,
    );
  }
}

/** Adds the verb to the command line. */
export function register(program: Command): void {
  program
    .command("predict")
    .description("segment images with a trained run (exit code 3 when one of them cannot be read)")
    .argument("<run>", "run folder")
    .argument("<images...>", "image files, or folders of them (masks in a folder are left out)")
    .option("--out <folder>", "where the masks go, under the images' names", "predictions")
    .addOption(new Option("--checkpoint <name>", "which checkpoint").choices(checkpointChoices).default("last"))
    .addOption(new Option("--network <name>", "which network").choices(["student", "teacher"]).default("student"))
    .option("--probabilities", "also write class probabilities (safetensors, float32)", false)
    .option("--overlay", "also write the images with the outlines of the classes", false)
    .option("--tta", "average over mirror images", false)
    .action(predict);
}
