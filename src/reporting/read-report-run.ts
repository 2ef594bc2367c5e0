/** One run folder as the report needs it. What is not there is named in `missing` and left out. */
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { choiceOf, type EvaluationChoice, type OwnChoice } from "../comparison/read-run.js";
import { readResolvedConfig } from "../config/config.js";
import { DimsegError } from "../core/errors.js";
import { parseScores } from "../judging/scores-csv.js";
import { DamagedCheckpoint } from "../runs/checkpoints/checkpoint-store.js";
import { readDatasetFacts } from "../runs/dataset-facts.js";
import type { Environment } from "../runs/environment.js";
import { type EvaluationTexts, evaluationFolder, readEvaluation } from "../runs/evaluation-files.js";
import { type MetricRecord, readMetrics } from "../runs/logs/metrics-log.js";
import { readUsage } from "../runs/logs/usage.js";
import { openRunFolder, type RunFolder } from "../runs/run-folder.js";
import { readSplit } from "../runs/split-record.js";
import type { ReportRun, RunCost, RunCurves, RunEvaluation } from "./data.js";
import { readEstimates } from "./estimates.js";
import type { NamedFolder } from "./find-report-runs.js";
import { outdatedBy } from "./outdated.js";
import { runState } from "./run-state.js";
import { parseSummary } from "./summary-file.js";

/**
 * Judges a run at a checkpoint. Returns null when it kept the result in the run's folder, else the result's texts.
 * @throws DimsegError saying why it cannot be judged
 */
export type Judge = (folder: string, choice: OwnChoice, keep: boolean) => Promise<EvaluationTexts | null>;

/** The value, or null with the reason among `missing`; only a defect of ours goes on as an error. */
function orMissing<T>(missing: string[], what: string, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DimsegError)) throw error;
    missing.push(`${what}: ${error.message}.`);
    return null;
  }
}

function isValidation(record: MetricRecord): boolean {
  return Object.keys(record).some((key) => /^(validation|test|unlabelled)\./.test(key));
}

function readCurves(run: RunFolder, missing: string[]): RunCurves {
  if (!existsSync(run.metrics)) {
    missing.push("Curves: nothing was logged yet.");
    return { steps: [], validations: [] };
  }
  const records = orMissing(missing, "Curves", () => readMetrics(run.metrics)) ?? [];
  return {
    steps: records.filter((record) => !isValidation(record)),
    validations: records.filter(isValidation),
  };
}

function readEnvironment(run: RunFolder, missing: string[]): Environment | null {
  try {
    return JSON.parse(readFileSync(run.environment, "utf8")) as Environment;
  } catch {
    missing.push("Environment: environment.json cannot be read.");
    return null;
  }
}

function parseEvaluation({ summary, cases }: EvaluationTexts, path: string, folder: string | null): RunEvaluation {
  return {
    ...parseSummary(summary, join(path, "summary.json")),
    scores: parseScores(cases, join(path, "cases.csv")),
    folder,
  };
}

/** The evaluation that the run keeps; null when there is none. */
function keptEvaluation(run: RunFolder, choice: OwnChoice): RunEvaluation | null {
  const folder = evaluationFolder(run.evaluation, choice);
  const texts = readEvaluation(folder);
  return texts && parseEvaluation(texts, folder, `evaluation/${basename(folder)}`);
}

/** The evaluation to show: the kept one if it is of the present checkpoint, else a new one where that is possible. */
async function evaluationOf(
  run: RunFolder,
  choice: OwnChoice,
  present: { step: number | undefined; finished: boolean; dataset: string },
  judge: Judge,
  missing: string[],
): Promise<RunEvaluation | null> {
  const kept = orMissing(missing, "Evaluation", () => keptEvaluation(run, choice));
  const outdated = kept && (await outdatedBy(kept.about.judged, present.dataset));
  const shown = kept && `shown is step ${kept.about.checkpoint.step}${outdated ? `, but since then ${outdated}` : ""}`;
  if (kept && present.step === undefined) {
    if (outdated) missing.push(`Evaluation: ${shown}.`);
    return kept;
  }
  if (kept && kept.about.checkpoint.step === present.step && !outdated) {
    if (kept.about.judged === undefined && existsSync(present.dataset)) {
      missing.push("Evaluation: it keeps no hashes of its masks; whether they were changed since cannot be told.");
    }
    return kept;
  }
  if (present.step === undefined) {
    missing.push(`Evaluation: there is no checkpoint "${choice.checkpoint}" to judge.`);
    return null;
  }
  try {
    const texts = await judge(run.path, choice, present.finished);
    const judged = texts === null ? keptEvaluation(run, choice) : parseEvaluation(texts, run.path, null);
    if (judged && judged.about.checkpoint.step < present.step) {
      missing.push(
        `Evaluation: shown is step ${judged.about.checkpoint.step}; the checkpoint of step ${present.step} was not used; dimseg evaluate tells why.`,
      );
    }
    return judged;
  } catch (error) {
    if (!(error instanceof DimsegError) || error instanceof DamagedCheckpoint) throw error;
    if (kept) missing.push(`Evaluation: ${shown}; ${error.message}.`);
    else missing.push(`Evaluation: ${error.message}.`);
    return kept;
  }
}

/** Over all processes that trained the run; null when it kept no record of them. */
function costOf(run: RunFolder, missing: string[]): RunCost | null {
  const processes = orMissing(missing, "Time and memory", () => readUsage(run.usage)) ?? [];
  if (processes.length === 0) return null;
  const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
  const seconds = total(processes.map((one) => one.seconds));
  const steps = total(processes.map(({ from, to }) => to - from));
  return {
    seconds,
    secondsPerStep: steps > 0 ? seconds / steps : null,
    peakMemoryBytes: Math.max(...processes.map((one) => one.peakMemoryBytes)),
  };
}

/**
 * Reads a run.
 * @param id its anchor in the page
 * @param name distinct among the report's runs
 * @param data where the run's data set lies now; default: where its configuration says
 * @throws UsageError when the folder is no run or its configuration was edited badly
 */
export async function readReportRun(
  { folder, group }: NamedFolder,
  { id, name }: { id: string; name: string },
  choice: EvaluationChoice,
  judge: Judge,
  data?: string,
): Promise<ReportRun> {
  const run = openRunFolder(folder);
  const config = readResolvedConfig(run.config);
  const missing: string[] = [];
  const curves = readCurves(run, missing);
  const { state, stepOf } = runState(run, config, Number(curves.steps.at(-1)?.iteration ?? -1) + 1);
  const finished = state.stage === "finished";
  const present = { step: stepOf(choice.checkpoint), finished, dataset: data ?? config.dataset };
  const evaluation = await evaluationOf(run, choiceOf(config, choice), present, judge, missing);
  // Of a run that was copied without its checkpoints, what was judged tells which one is shown.
  const step = present.step ?? evaluation?.about.checkpoint.step;
  return {
    ...{ id, group, name, folder: run.path, state, config, curves },
    environment: readEnvironment(run, missing),
    split: orMissing(missing, "Training cases", () => readSplit(run.split, config)),
    cost: costOf(run, missing),
    dataset: orMissing(missing, "Data set", () => readDatasetFacts(run.dataset)),
    estimates: orMissing(missing, "Estimates", () => readEstimates(run, choice, step)),
    evaluation,
    findings: null,
    missing,
  };
}
