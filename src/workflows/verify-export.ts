/** Comparing an exported folder in ONNX Runtime with libtorch, on the test images of its run. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { DataError, UsageError } from "../core/errors.js";
import { allCases, type Case, caseName } from "../data/dataset.js";
import { type ExportedModel, loadExportedNetwork, openExported, openSession } from "../export/exported-model.js";
import { exportFiles } from "../export/file-names.js";
import { type PrecisionLimits, type PrecisionName, precisionLimits } from "../export/precision-names.js";
import { voxelCount } from "../grid/grid.js";
import { datasetDifferences } from "../runs/dataset-facts.js";
import { type BothAnswers, compareCase, type Engines } from "./export/compare-case.js";
import { DicePairs } from "./export/dice-pairs.js";
import { exportRecord } from "./export.js";
import type { Observer, Workflow } from "./observer.js";
import { type OpenedRun, openRun } from "./open-run.js";

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
  /** Mean Dice of both over cases and parts, in [0, 1]; null where no test case has a mask. */
  readonly dice: { readonly libtorch: number; readonly exported: number } | null;
  /** What the exported graph loses of it. */
  readonly diceLost: number | null;
  readonly precision: PrecisionName;
  readonly limits: PrecisionLimits;
  readonly isWithinLimits: boolean;
}

/** @throws UsageError for a folder that lies in no run and is given none */
function runOf({ folder, run }: VerifyInput): string {
  if (run !== undefined) return run;
  const around = dirname(resolve(folder));
  if (existsSync(join(around, "config.yaml"))) return around;
  throw new UsageError(
    `${folder} lies in no run, whose test images are needed: \`dimseg export RUN --verify ${folder}\``,
  );
}

/** Differences so far. */
class Tally {
  pieces = 0;
  pixels = 0;
  otherLabels = 0;
  worst = 0;
  worstCase = "";

  see({ own, exported }: BothAnswers, pixels: number, name: string): void {
    this.pieces++;
    this.pixels += pixels;
    const planes = own.labels.length / pixels;
    for (let i = 0; i < pixels; i++)
      for (let k = 0; k < planes; k++) {
        if (own.labels[k * pixels + i] === exported.labels[k * pixels + i]) continue;
        this.otherLabels++;
        break;
      }
    for (let i = 0; i < own.probabilities.length; i++) {
      const difference = Math.abs(own.probabilities[i] - exported.probabilities[i]);
      // NaN in either is a difference, too.
      if (difference <= this.worst) continue;
      this.worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
      this.worstCase = name;
    }
  }
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

async function compare(
  engines: Engines,
  precision: PrecisionName,
  run: OpenedRun,
  { progress }: Observer,
): Promise<Verified> {
  const { sides, dataset } = engines.model;
  const cases = casesOf(run);
  const pixels = voxelCount({ shape: sides });
  const tally = new Tally();
  const pairs = new DicePairs();
  for (const [done, one] of cases.entries()) {
    const decoded = await run.cache.get(one);
    const labels = await compareCase(engines, decoded, (answers) => tally.see(answers, pixels, caseName(one)));
    pairs.judge(labels, decoded, dataset);
    progress("comparing", done + 1, cases.length);
    await nextTurn();
  }
  const { pieces, otherLabels, worst: worstProbability, worstCase } = tally;
  const dice = pairs.means && { libtorch: pairs.means.own, exported: pairs.means.exported };
  const diceLost = dice && dice.libtorch - dice.exported;
  const limits = precisionLimits[precision];
  return {
    ...{ cases: cases.length, pieces, pixels: tally.pixels, otherLabels, worstProbability, worstCase, dice, diceLost },
    precision,
    limits,
    isWithinLimits:
      worstProbability <= limits.probability &&
      otherLabels <= limits.pixels * tally.pixels &&
      (diceLost ?? 0) <= limits.dice,
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
  const run = await openRun(runOf(input), "last", observer, "needed");
  requireFitting(model, run);
  const session = await openSession(model);
  try {
    const network = loadExportedNetwork(model);
    const verified = await compare(
      { model: model.description, network, device: "cpu", session },
      model.description.precision,
      run,
      observer,
    );
    network.dispose();
    const text = `${JSON.stringify(verified, null, 2)}\n`;
    record.write(join(input.folder, exportFiles.verification), [Buffer.from(text)]);
    record.tidy();
    return verified;
  } finally {
    await session.close();
  }
};
