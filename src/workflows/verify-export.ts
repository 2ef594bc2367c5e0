/** Comparing an exported folder in ONNX Runtime with libtorch, on the test images of its run. */
import { dirname, join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { DataError, UsageError } from "../core/errors.js";
import { allCases, type Case, caseName } from "../data/dataset.js";
import type { DecodedCase } from "../data/decode.js";
import { planesOf } from "../data/volumes/case-slices.js";
import { type ExportedModel, loadExportedNetwork, openExported, openSession } from "../export/exported-model.js";
import { exportFiles } from "../export/file-names.js";
import type { ModelAnswer, ModelSession } from "../export/onnx/runtime.js";
import { plainSlidingWindow } from "../inference/plain/sliding-window.js";
import { labelMaps, predict } from "../inference/predict.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { datasetDifferences } from "../runs/dataset-facts.js";
import { fromTypedArray, scope } from "../torch/index.js";
import { exportRecord } from "./export.js";
import type { Observer, Workflow } from "./observer.js";
import { type OpenedRun, openRun } from "./open-run.js";

/** Most that probabilities may differ by, and the largest share of pixels with another label. */
export const limits = { probability: 1e-4, pixels: 1e-4 } as const;

/** What is to be compared. */
export interface VerifyInput {
  readonly folder: string;
  /** The run whose test images are taken; default: the one that the folder lies in. */
  readonly run?: string | undefined;
}

/** How the two engines differ. */
export interface Verified {
  readonly cases: number;
  /** Pictures, slices, or windows of volumes. */
  readonly pieces: number;
  readonly pixels: number;
  /** Pixels at which some class is there in one label map and not in the other. */
  readonly otherLabels: number;
  readonly worstProbability: number;
  /** The case that `worstProbability` is of. */
  readonly worstCase: string;
  readonly isWithinLimits: boolean;
}

/** Both engines with the same weights. */
interface Engines {
  readonly model: ExportedModel;
  readonly network: SegmentationNetwork;
  readonly session: ModelSession;
}

/** What libtorch says about a piece `[C, ...sides]`, in fp32. */
function askLibtorch({ model, network }: Engines, piece: Uint8Array): ModelAnswer {
  const { dataset, sides, testTimeFlips } = model.description;
  const kind = dataset.target;
  return scope(() => {
    const raw = fromTypedArray(piece, [1, dataset.channels, ...sides]);
    const { probabilities } = predict(network, raw, { kind, device: "cpu", precision: "fp32", testTimeFlips });
    return { probabilities: probabilities.toTypedArray() as Float32Array, labels: labelMaps(probabilities, kind)[0] };
  });
}

/** Differences so far. */
class Tally {
  pieces = 0;
  pixels = 0;
  otherLabels = 0;
  worst = 0;
  worstCase = "";

  add(one: ModelAnswer, other: ModelAnswer, pixels: number, name: string): void {
    this.pieces++;
    this.pixels += pixels;
    const planes = one.labels.length / pixels;
    for (let i = 0; i < pixels; i++)
      for (let k = 0; k < planes; k++) {
        if (one.labels[k * pixels + i] === other.labels[k * pixels + i]) continue;
        this.otherLabels++;
        break;
      }
    for (let i = 0; i < one.probabilities.length; i++) {
      const difference = Math.abs(one.probabilities[i] - other.probabilities[i]);
      // NaN in either is a difference, too.
      if (difference <= this.worst) continue;
      this.worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
      this.worstCase = name;
    }
  }
}

/** Hands out what a model sees of a case, one piece `[C, ...sides]` after the other. */
async function eachPiece(
  { image, channels, working }: DecodedCase,
  sides: readonly number[],
  visit: (piece: Uint8Array) => Promise<ModelAnswer>,
): Promise<void> {
  if (sides.length === 3) {
    await plainSlidingWindow(image, working.shape, sides, async (window) => (await visit(window)).probabilities);
    return;
  }
  const slices = working.shape.length === 3 ? working.shape[0] : 1;
  for (let slice = 0; slice < slices; slice++) await visit(planesOf(image, channels, slices, slice));
}

/** The run's test cases; unlabelled ones are as good as others. @throws DataError when there are none */
function casesOf({ dataset }: OpenedRun): Case[] {
  const cases = allCases(dataset).filter(({ split }) => split === "test");
  if (cases.length > 0) return cases;
  throw new DataError(`${dataset.path}: no domain has test images to compare on; give some a test split`);
}

/** @throws UsageError when the run's images are not what the model was exported for */
function requireFitting({ description, path }: ExportedModel, run: OpenedRun): void {
  const differences = datasetDifferences(description.dataset, run.dataset, run.patch !== null);
  if (differences.length === 0) return;
  throw new UsageError(
    `${path}: was exported for another data set than that of ${run.folder.path}, since they differ in ${differences.join(", ")}; give the run that was exported`,
  );
}

async function compare(engines: Engines, run: OpenedRun, { progress }: Observer): Promise<Verified> {
  const { dataset, sides } = engines.model.description;
  const cases = casesOf(run);
  const pixels = sides.reduce((product, side) => product * side, 1);
  const tally = new Tally();
  for (const [done, one] of cases.entries()) {
    await eachPiece(await run.cache.get(one), sides, async (piece) => {
      const own = askLibtorch(engines, piece);
      tally.add(own, await engines.session.ask(piece, dataset.channels, sides), pixels, caseName(one));
      return own;
    });
    progress("comparing", done + 1, cases.length);
    await nextTurn();
  }
  const { pieces, otherLabels, worst: worstProbability, worstCase } = tally;
  return {
    ...{ cases: cases.length, pieces, pixels: tally.pixels, otherLabels, worstProbability, worstCase },
    isWithinLimits: worstProbability <= limits.probability && otherLabels <= limits.pixels * tally.pixels,
  };
}

/**
 * Compares both engines and keeps what was found as `verification.json` in the folder.
 * @throws UsageError for a run of other images; CheckpointError for a folder that is none or damaged; ResourceError when
 *   ONNX Runtime is not installed
 */
export const verifyExport: Workflow<VerifyInput, Verified> = async (input, observer) => {
  const model = openExported(input.folder);
  const record = exportRecord(input.folder);
  record.refuseForeign([join(input.folder, exportFiles.verification)]);
  const run = await openRun(input.run ?? dirname(resolve(input.folder)), "last", observer, "needed");
  requireFitting(model, run);
  const session = await openSession(model);
  try {
    const network = loadExportedNetwork(model);
    const verified = await compare({ model, network, session }, run, observer);
    network.dispose();
    const text = `${JSON.stringify({ ...verified, limits }, null, 2)}\n`;
    record.write(join(input.folder, exportFiles.verification), [Buffer.from(text)]);
    record.tidy();
    return verified;
  } finally {
    await session.close();
  }
};
