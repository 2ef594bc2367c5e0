/** Judging a run's networks: Dice, Jaccard, HD95 and ASD by domain and part, kept in the run folder. */
import { DataError } from "../core/errors.js";
import type { ConventionName } from "../evaluation/conventions.js";
import type { DistanceUnits } from "../judging/evaluate-network.js";
import type { FurtherRules } from "../judging/further-metrics.js";
import type { JudgedGrid } from "../judging/grid-names.js";
import type { CheckpointName, NetworkName } from "../runs/checkpoints/checkpoint-names.js";
import { learntWarning } from "./evaluation/learnt-cases.js";
import { depthWarning } from "./evaluation/other-depths.js";
import { type EvaluationResult, judgeNetwork, writeResult } from "./evaluation/result.js";
import { type EvaluationCases, type EvaluationSplit, selectCases } from "./evaluation/select-cases.js";
import { rulesOf, type WantedRules } from "./mask-rules.js";
import type { Observer, Workflow } from "./observer.js";
import { networkOf, type OpenedRun, openRun } from "./open-run.js";

export type { EvaluationResult } from "./evaluation/result.js";
export { resultJson } from "./evaluation/result.js";

/** What is to be judged, and how. */
export interface EvaluateInput extends FurtherRules {
  readonly run: string;
  readonly checkpoint: CheckpointName;
  readonly network: NetworkName | "both";
  readonly split: EvaluationSplit;
  /** Rules for empty masks and HD95; default: the run's. */
  readonly convention?: ConventionName | undefined;
  readonly units: DistanceUnits;
  /** The grid that is judged; default: the run's. */
  readonly at?: JudgedGrid | undefined;
  /** Average over mirror images. */
  readonly tta: boolean;
  /** What is done to the label maps before they are judged; default: the run's. */
  readonly rules?: WantedRules;
  /** Another `dataset.yaml` of the same kind. */
  readonly data?: string | undefined;
}

/** Is told of each network's result as soon as it is written. */
export interface EvaluateObserver extends Observer {
  judged(result: EvaluationResult, folder: string): void;
}

/** @throws UsageError when a teacher is asked for and there is none */
function namesOf(run: OpenedRun, wanted: EvaluateInput["network"]): NetworkName[] {
  if (wanted === "both") return run.networks.teacher ? ["student", "teacher"] : ["student"];
  networkOf(run, wanted);
  return [wanted];
}

/** The run's own splits are what they are called; another data set may hold anything. */
function warnOfLearnt(
  run: OpenedRun,
  { dataset }: EvaluationCases,
  { judged }: EvaluationResult,
  { warn }: Observer,
): void {
  try {
    const warning = learntWarning(run, judged, dataset.path);
    if (warning !== undefined) warn(warning);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    warn(`cannot tell whether the run was trained on these cases: ${error.message}`);
  }
}

/** How many of the cases can be judged. */
export function judgedCount({ cases }: EvaluationCases): number {
  return cases.filter((one) => one.maskPath !== undefined).length;
}

/**
 * Judges one or both networks of a run and writes `cases.csv` and `summary.json` for each.
 * @throws UsageError for a network or split that is not there; DataError, CheckpointError as opening the run does
 */
export const evaluateRun: Workflow<EvaluateInput, EvaluationResult[], EvaluateObserver> = async (input, observer) => {
  const { checkpoint, split, units, nsd, volumes, lesions, tta } = input;
  // Another data set is judged where the run's own is gone, too: the run keeps what it must know of it.
  const run = await openRun(input.run, checkpoint, observer, input.data === undefined ? "needed" : "unused");
  const networks = namesOf(run, input.network);
  const rules = rulesOf(run, input.rules);
  const cases = selectCases(run, split, input.data, observer.warn);
  const isOther = cases.dataset.path !== run.dataset.path;
  const { convention = run.config.evaluation.convention, at = run.config.evaluation.at } = input;
  const total = judgedCount(cases);
  const results: EvaluationResult[] = [];
  for (const network of networks) {
    const onProgress = (done: number) => observer.progress(`evaluating the ${network}`, done, total);
    const asked = { network, convention, units, at, nsd, volumes, lesions, tta, rules, onProgress };
    const result = await judgeNetwork(run, cases, asked);
    if (isOther && results.length === 0) warnOfLearnt(run, cases, result, observer);
    results.push(result);
    observer.judged(result, writeResult(run, result));
  }
  const otherDepth = await depthWarning(run, cases);
  if (otherDepth !== undefined) observer.warn(otherDepth);
  return results;
};
