/** One network judged on one set of cases: the record that is printed as JSON and kept in the run folder. */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { packageVersion } from "../../core/package-root.js";
import { sha256 } from "../../core/sha256.js";
import { caseName } from "../../data/dataset.js";
import { type ConventionName, conventions } from "../../evaluation/conventions.js";
import { frameRecord } from "../../grid/frame.js";
import type { MaskRules } from "../../inference/rules.js";
import type { EvaluationAbout } from "../../judging/about.js";
import { type DistanceUnits, evaluateNetwork, type NetworkEvaluation } from "../../judging/evaluate-network.js";
import type { FurtherRules } from "../../judging/further-metrics.js";
import type { JudgedGrid } from "../../judging/grid-names.js";
import { scoresCsv } from "../../judging/scores-csv.js";
import { type EvaluationSummary, summarise } from "../../judging/summarise.js";
import { unjudgedFacts } from "../../judging/unjudged.js";
import type { NetworkName } from "../../runs/checkpoints/checkpoint-names.js";
import { type EvaluationTexts, type JudgedCase, provenance, writeEvaluation } from "../../runs/evaluation-files.js";
import { networkOf, type OpenedRun } from "../open-run.js";
import type { EvaluationCases } from "./select-cases.js";

/** Of the intervals; the same for every run, so that the same cases are resampled alike. */
const bootstrap = { seed: 0, resamples: 2000 };

export interface JudgeOptions extends FurtherRules {
  readonly network: NetworkName;
  readonly convention: ConventionName;
  readonly units: DistanceUnits;
  readonly at: JudgedGrid;
  readonly tta: boolean;
  readonly rules: MaskRules | undefined;
  readonly onProgress: (done: number) => void;
}

/** What an evaluation was of, and what came out. */
export interface EvaluationResult {
  readonly about: EvaluationAbout;
  readonly summary: EvaluationSummary;
  readonly evaluation: NetworkEvaluation;
  /** The judged files, in the order of the cases. */
  readonly judged: readonly JudgedCase[];
}

function describe(
  run: OpenedRun,
  { dataset, split }: EvaluationCases,
  { network, convention, units, at, nsd, tta, rules }: JudgeOptions,
  { withoutMask, ignored }: NetworkEvaluation,
): EvaluationAbout {
  const { config, folder, checkpoint, step, checkpointRule, size, patch, precision, device } = run;
  // Validation cases are of the labelled domain by definition.
  const unjudged = split === "validation" ? [] : unjudgedFacts(dataset, split);
  return {
    dimseg: packageVersion(),
    run: folder.path,
    method: config.method.name,
    optimizer: config.optimizer.name,
    labelled: { domain: config.labelled.domain, count: config.labelled.count },
    seed: config.training.seed,
    checkpoint: { name: checkpoint, step, rule: checkpointRule },
    network,
    dataset: { name: dataset.name, path: dataset.path },
    split,
    size: frameRecord(size),
    ...(dataset.slices ? { slices: dataset.slices.plane } : {}),
    ...(patch ? { patch, ...(dataset.slices?.resample ? { resample: dataset.slices.resample } : {}) } : {}),
    ...(at === "native" ? { at } : {}),
    units,
    ...(nsd === undefined ? {} : { nsdTolerance: nsd }),
    testTimeFlips: tta,
    ...(rules ? { rules } : {}),
    precision,
    device,
    convention: { name: convention, description: conventions[convention].description },
    ...(ignored > 0 ? { ignored } : {}),
    withoutMask: withoutMask.map(caseName),
    ...(unjudged.length > 0 ? { unjudged } : {}),
    bootstrap,
  };
}

/**
 * Judges one of the run's networks.
 * @throws DataError when no case has a mask or one cannot be decoded; UsageError when the network is not there
 */
export async function judgeNetwork(
  run: OpenedRun,
  chosen: EvaluationCases,
  options: JudgeOptions,
): Promise<EvaluationResult> {
  const { dataset, cases, cache } = chosen;
  const { device, precision, normalisation, patch, config } = run;
  const { convention, units, at, nsd, volumes, lesions, tta, rules, onProgress } = options;
  const asked = {
    device,
    precision,
    normalisation,
    patch,
    convention,
    units,
    at,
    nsd,
    volumes,
    lesions,
    testTimeFlips: tta,
    rules,
    onProgress,
  };
  const evaluation = await evaluateNetwork(networkOf(run, options.network), dataset, cases, cache, asked);
  const summary = summarise(evaluation.scores, { labelledDomain: config.labelled.domain, bootstrap });
  const judged: JudgedCase[] = [];
  for (const one of cases) {
    if (one.maskPath === undefined) continue;
    const { image, mask } = await cache.contentsOf(one);
    judged.push({ case: caseName(one), image, mask: mask as string });
  }
  return { about: describe(run, chosen, options, evaluation), summary, evaluation, judged };
}

/** JSON has no infinity. */
function jsonValue(_: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY ? String(value) : value;
}

/**
 * What is kept as `summary.json`, with every digit; an undefined value is null, an infinite one the string "Infinity" or
 * "-Infinity".
 */
export function resultJson(result: EvaluationResult): string {
  return summaryText(result, scoresCsv(result.evaluation.scores));
}

function summaryText({ about, summary, judged }: EvaluationResult, cases: string): string {
  return JSON.stringify({ ...about, ...summary, ...provenance(cases, judged) }, jsonValue, 2);
}

/** Both files of an evaluation as text. */
export function evaluationTexts(result: EvaluationResult): EvaluationTexts {
  const cases = scoresCsv(result.evaluation.scores);
  return { cases, summary: `${summaryText(result, cases)}\n` };
}

/** Another data set in a folder's name: what it is called, and a hash of its path, as several may be called alike. */
function otherName({ name, path }: EvaluationAbout["dataset"]): string {
  return `${name.replaceAll(/[^\p{L}\p{N}._-]/gu, "_")}-${sha256(path).slice(0, 8)}`;
}

/** What rules other than those of the run's configuration add to the folder's name. */
function rulesName(run: OpenedRun, rules: MaskRules | undefined): string[] {
  if (isDeepStrictEqual(rules, run.config.rules)) return [];
  return [rules ? `rules-${sha256(JSON.stringify(rules)).slice(0, 8)}` : "no-rules"];
}

/**
 * The result's folder below the run's `evaluation/`: `<checkpoint>-<network>`, and what differs from a plain evaluation
 * of the run's own test split, so that one question never replaces the answer to another.
 */
function folderName(run: OpenedRun, { about, summary }: EvaluationResult): string {
  const { checkpoint, network, split, at, units, testTimeFlips, rules, convention, dataset } = about;
  const { nsd, volumeError, lesionF1 } = summary.average;
  const further = [
    ...(nsd ? [`nsd${about.nsdTolerance}`] : []),
    ...(volumeError ? ["volumes"] : []),
    ...(lesionF1 ? ["lesions"] : []),
  ];
  const special = [
    ...(dataset.path === run.dataset.path ? [] : [otherName(dataset)]),
    ...(split === "test" ? [] : [split]),
    ...(at === "native" ? ["native"] : []),
    ...(units === "mm" ? ["mm"] : []),
    ...further,
    ...(testTimeFlips ? ["tta"] : []),
    ...rulesName(run, rules),
    ...(convention.name === run.config.evaluation.convention ? [] : [convention.name]),
  ];
  return [checkpoint.name, network, ...special].join("-");
}

/**
 * Writes `cases.csv` and `summary.json` into the run folder, both or neither.
 * @returns the folder
 * @throws ResourceError when they cannot be written
 */
export function writeResult(run: OpenedRun, result: EvaluationResult): string {
  const folder = join(run.folder.evaluation, folderName(run, result));
  writeEvaluation(folder, evaluationTexts(result));
  return folder;
}
