/** `dimseg predict RUN IMAGES...`: masks for images that need not belong to any data set. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { counted } from "../core/counted.js";
import { DataError, UsageError } from "../core/errors.js";
import { probabilityText } from "../core/percent.js";
import { maskFormatNames } from "../data/formats/mask-format-names.js";
import { networkNames } from "../runs/checkpoints/checkpoint-names.js";
import type { Observer } from "../workflows/observer.js";
import type { Predicted, PredictInput } from "../workflows/predict.js";
import { checkpointOption } from "./options/checkpoint.js";
import { collected } from "./options/collected.js";
import { domainOption } from "./options/domain.js";
import { engineOption } from "./options/engine.js";
import { intensityOf, intensityOption } from "./options/intensity.js";
import { addRuleOptions, type RuleOptions, rulesFrom } from "./options/rules.js";
import { inTerminal } from "./terminal/observer.js";
import { type StopSignal, stoppedCode, watchStopSignals } from "./terminal/stop-signals.js";

/** Files named where some were left out. */
const mostNamed = 3;

type MasksQuality = NonNullable<Predicted["quality"]>;

interface PredictVerbOptions
  extends Omit<PredictInput, "run" | "images" | "intensity" | "rules" | "with">,
    RuleOptions {
  readonly with: readonly string[];
  readonly intensity?: readonly string[];
}

/** The first few files and the number of all. */
function namedFiles(paths: readonly string[]): string {
  const shown = paths.slice(0, mostNamed).join(", ");
  return `${counted(paths.length, "file")} (${shown}${paths.length > mostNamed ? ", ..." : ""})`;
}

/** Which masks to look at, and what that rests on. */
function qualityLines({ doubtful, doubtfulBelow, level }: MasksQuality, file: string, framed: boolean): string[] {
  return [
    doubtful.length === 0
      ? "No mask is doubtful."
      : `Doubtful${framed ? ", in the overlays with a hatched frame" : ""}: ${namedFiles(doubtful)}.`,
    `A mask is doubtful where its ${probabilityText(level)} interval of Dice reaches below ${100 * doubtfulBelow} %, or nothing is known of its like.`,
    `Every estimate is in ${file}, the most doubtful first.`,
  ];
}

/** Shows a verb that ends at the first signal as soon as nothing is half done, at a second one at once. */
async function inStoppableTerminal<T>(
  work: (observer: Observer) => Promise<T>,
): Promise<{ result: T; signal: StopSignal | null }> {
  const signals = watchStopSignals((signal, isFirst) => {
    if (!isFirst) process.exit(stoppedCode(signal));
    console.error(`\n${signal}: leaving this image; send it again to stop at once`);
  });
  try {
    const result = await inTerminal((observer) => work({ ...observer, stopRequested: () => signals.first() !== null }));
    return { result, signal: signals.first() };
  } finally {
    signals.release();
  }
}

async function predict(run: string, paths: string[], verbOptions: PredictVerbOptions): Promise<void> {
  const [{ predictImages }, { leadingRuns }] = await Promise.all([
    import("../workflows/predict.js"),
    import("../workflows/prediction/leading-runs.js"),
  ]);
  const { runs, images } = leadingRuns(paths);
  if (images.length === 0)
    throw new UsageError(
      `${[run, ...runs].join(", ")}: all are run folders; name images, or folders of them, behind them`,
    );
  const options = {
    ...verbOptions,
    with: [...runs, ...verbOptions.with],
    intensity: intensityOf(verbOptions.intensity, "images", "RUN IMAGES"),
    rules: rulesFrom(verbOptions),
  };
  const { result: predicted, signal } = await inStoppableTerminal((observer) =>
    predictImages({ run, images, ...options }, observer),
  );
  const { answeredBy, written, leftOut, transparent, legend, outlines, broken } = predicted;
  const [masks, ...further] = predicted.folders;
  for (const message of broken) console.error(message);
  console.log(`${answeredBy}${predicted.rules ? `; ${predicted.rules}` : ""}`);
  console.log(`Wrote ${written} of ${predicted.images} masks to ${masks}: ${legend.join(", ")}.`);
  if (leftOut.length > 0) console.log(`Left out as masks or earlier results: ${namedFiles(leftOut)}.`);
  for (const sentence of predicted.systemPictures) console.log(`${sentence}.`);
  if (transparent.length > 0)
    console.log(
      `The alpha channel is not used: what lies under transparent parts counts as image in ${namedFiles(transparent)}.`,
    );
  if (further.length > 0) console.log(`Beside them: ${further.join(", ")}.`);
  if (predicted.withoutIds && written > 0)
    console.log(
      "Of patient and study they carry UIDs alone, which tie them to their series; --keep-ids copies the rest.",
    );
  if (outlines.length > 0 && written > 0) console.log(`Outlined in the overlays: ${outlines.join(", ")}.`);
  if (predicted.quality)
    for (const line of qualityLines(predicted.quality, join(options.out, "quality.csv"), options.overlay))
      console.log(line);
  if (predicted.stopped && signal) {
    console.log("Stopped before the others; the same command makes all of them.");
    process.exitCode = stoppedCode(signal);
    return;
  }
  if (broken.length > 0) {
    throw new DataError(
      `${broken.length} of ${predicted.images} images could not be segmented, each named above; the others are done`,
    );
  }
}

/** Adds the verb to the command line. */
export function register(program: Command): void {
  const command = program
    .command("predict")
    .description(
      "segment images with a trained run or an exported model (exit code 3 when one of them cannot be segmented)",
    )
    .argument("<run>", "run folder, or what `dimseg export` wrote: the folder, or the ONNX file alone")
    .argument(
      "<images...>",
      "image files, or folders of them (masks in a folder are left out); run folders before them are as --with",
    )
    .option("--out <folder>", "where the masks go, under the images' names", "predictions")
    .addOption(checkpointOption("which checkpoint"))
    .option("--with <run>", "average with the answers of another run; may be given several times", collected, [])
    .addOption(new Option("--network <name>", "which network").choices(networkNames).default("student"))
    .addOption(engineOption())
    .addOption(new Option("--format <name>", "of masks of volumes (default: nii.gz)").choices(maskFormatNames))
    .option("--keep-ids", "copy patient and study into masks that are DICOM SEG", false)
    .option("--probabilities", "also write class probabilities (safetensors, float32)", false)
    .option("--overlay", "also write the images with the outlines of the classes", false)
    .addOption(intensityOption())
    .addOption(domainOption())
    .option("--tta", "average over mirror images", false)
    .option(
      "--quality",
      "also estimate how good each mask is (quality.csv); the run's data set must be in place",
      false,
    );
  addRuleOptions(command).action(predict);
}
