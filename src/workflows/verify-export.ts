/** Comparing an exported folder in ONNX Runtime with libtorch, on the test images of its run. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { DataError, UsageError } from "../core/errors.js";
import { allCases, type Case, caseName } from "../data/dataset.js";
import type { DecodedCase } from "../data/decode.js";
import { confusionCounts, dice } from "../evaluation/overlap.js";
import { type ExportedModel, loadExportedNetwork, openExported, openSession } from "../export/exported-model.js";
import { exportFiles } from "../export/file-names.js";
import type { WeightName } from "../export/weight-names.js";
import { voxelCount } from "../grid/grid.js";
import { classMask, withoutIgnored } from "../inference/label-map.js";
import { datasetDifferences } from "../runs/dataset-facts.js";
import { type BothAnswers, type BothLabels, compareCase, type Engines } from "./export/compare-case.js";
import { exportRecord } from "./export.js";
import type { Observer, Workflow } from "./observer.js";
import { type OpenedRun, openRun } from "./open-run.js";

/** Most that probabilities may differ by, the largest share of pixels with another label, and the most Dice lost. */
export interface VerifyLimits {
  readonly probability: number;
  readonly pixels: number;
  readonly dice: number;
}

/** Weights of half the digits may change more, as long as masks stay as good. */
const limitsOf: Readonly<Record<WeightName, VerifyLimits>> = {
  fp32: { probability: 1e-4, pixels: 1e-4, dice: 1e-4 },
  fp16: { probability: 0.05, pixels: 1e-3, dice: 1e-3 },
};

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
  /** Mean Dice of libtorch less that of the exported graph, over cases and parts; null where no test case has a mask. */
  readonly diceLost: number | null;
  readonly weights: WeightName;
  readonly limits: VerifyLimits;
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
  readonly lost: number[] = [];

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

  /** Adds the Dice that the exported graph loses at each part of a case that both can be judged at. */
  judge(labels: BothLabels, { label, working }: DecodedCase, { description }: ExportedModel): void {
    const { dataset } = description;
    if (label === undefined) return;
    for (const { index } of dataset.parts) {
      const [own, exported] = [labels.own, labels.exported].map((map) => {
        const [said, is] = [withoutIgnored(map, label), label].map((one) =>
          classMask(one, index, dataset.target, voxelCount(working)),
        );
        return dice(confusionCounts(said, is));
      });
      if (!Number.isNaN(own - exported)) this.lost.push(own - exported);
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

async function compare(engines: Engines, run: OpenedRun, { progress }: Observer): Promise<Verified> {
  const { sides, weights } = engines.model.description;
  const cases = casesOf(run);
  const pixels = voxelCount({ shape: sides });
  const tally = new Tally();
  for (const [done, one] of cases.entries()) {
    const decoded = await run.cache.get(one);
    const labels = await compareCase(engines, decoded, (answers) => tally.see(answers, pixels, caseName(one)));
    tally.judge(labels, decoded, engines.model);
    progress("comparing", done + 1, cases.length);
    await nextTurn();
  }
  const { pieces, otherLabels, worst: worstProbability, worstCase, lost } = tally;
  const diceLost = lost.length === 0 ? null : lost.reduce((sum, one) => sum + one, 0) / lost.length;
  const limits = limitsOf[weights];
  return {
    ...{ cases: cases.length, pieces, pixels: tally.pixels, otherLabels, worstProbability, worstCase, diceLost },
    weights,
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
    const verified = await compare({ model, network, session }, run, observer);
    network.dispose();
    const text = `${JSON.stringify(verified, null, 2)}\n`;
    record.write(join(input.folder, exportFiles.verification), [Buffer.from(text)]);
    record.tidy();
    return verified;
  } finally {
    await session.close();
  }
};
