/** A judged run as `dimseg compare` needs it: its settings, its training cases, and one row for each test case and part. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { readResolvedConfig, rulesSchema, type TrainingConfig } from "../config/config.js";
import { DataError, UsageError } from "../core/errors.js";
import { shellWord } from "../core/shell-word.js";
import { type DistanceUnits, distanceUnits, type PartScore } from "../judging/evaluate-network.js";
import type { JudgedGrid } from "../judging/grid-names.js";
import { parseScores } from "../judging/scores-csv.js";
import { readAutoChoice } from "../runs/checkpoints/auto-choice.js";
import { type CheckpointName, stepOfName } from "../runs/checkpoints/checkpoint-names.js";
import { CheckpointStore } from "../runs/checkpoints/checkpoint-store.js";
import { evaluationFolder, evaluationName, judgedCase, readEvaluation } from "../runs/evaluation-files.js";
import { frameRecordSchema } from "../runs/logs/frame-record.js";
import { openRunFolder, type RunFolder } from "../runs/run-folder.js";
import { readSplit, type SplitRecord } from "../runs/split-record.js";

/** Which of a run's evaluations. */
export interface EvaluationChoice {
  checkpoint: CheckpointName;
  network: "student" | "teacher";
  /** The grid that was judged; default: each run's own. */
  at?: JudgedGrid;
  /** Of its distances; default "pixels". */
  units?: DistanceUnits;
}

const summarySchema = z.object({
  checkpoint: z.object({ step: z.int() }),
  dataset: z.object({ name: z.string() }),
  size: frameRecordSchema,
  slices: z.string().optional(),
  patch: z.array(z.int()).optional(),
  resample: z.array(z.number()).optional(),
  at: z.literal("native").optional(),
  /** Of the time before there was a choice: pixels. */
  units: z.enum(distanceUnits).optional(),
  nsdTolerance: z.number().optional(),
  testTimeFlips: z.boolean(),
  rules: rulesSchema.optional(),
  convention: z.object({ name: z.string(), description: z.string() }),
  judged: z.array(judgedCase).optional(),
});

/** How a run was judged: the part of `summary.json` that decides whether its numbers may stand beside others. */
export type Judgement = z.output<typeof summarySchema>;

export interface ComparedRun {
  /** Name of its configuration, for people. */
  name: string;
  folder: string;
  config: TrainingConfig;
  split: SplitRecord;
  judgement: Judgement;
  scores: readonly PartScore[];
}

/** The name of a run that no sweep named: its folder's without the seed. */
export function nameOfFolder(folder: string): string {
  return basename(folder).replace(/-seed\d+$/, "");
}

/** A run that cannot be compared yet; a sweep that is not finished has such runs. */
export class UnfinishedRun extends UsageError {}

function parseJudgement(text: string, path: string): Judgement {
  try {
    return summarySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new DataError(`${path} is damaged; run \`dimseg evaluate\` again`, { cause });
  }
}

/** The options of `dimseg evaluate` that answer a choice. */
export function choiceWords({ checkpoint, network, at, units = "pixels" }: EvaluationChoice): string {
  const grid = at === undefined ? "" : ` --at ${at}`;
  return `--checkpoint ${checkpoint} --network ${network}${grid}${units === "pixels" ? "" : ` --units ${units}`}`;
}

/** Which of one run's evaluations. */
export type OwnChoice = EvaluationChoice & { readonly at: JudgedGrid };

/** The choice as it is of a run. */
export function choiceOf({ evaluation }: Pick<TrainingConfig, "evaluation">, choice: EvaluationChoice): OwnChoice {
  return { ...choice, at: choice.at ?? evaluation.at };
}

/** Half-trained networks must not slip into a mean. */
export function checkTrained(
  run: RunFolder,
  { training: { iterations } }: TrainingConfig,
  store: CheckpointStore,
): void {
  const newest = store.steps()[0];
  if (newest === undefined || newest >= iterations) return;
  throw new UnfinishedRun(
    `${run.path} has trained ${newest} of ${iterations} steps; go on with \`dimseg train --resume ${shellWord(run.path)}\``,
  );
}

/** Whether there is a teacher to judge; a run without checkpoints may have had one. */
function keepsTeacher(run: RunFolder, store: CheckpointStore): boolean {
  const newest = store.steps()[0];
  return newest === undefined || existsSync(join(run.checkpoints, `step-${newest}`, "teacher.safetensors"));
}

/** The step at which a checkpoint of a trained run stands; undefined where nothing tells, as without checkpoints. */
export function stepNow(
  run: RunFolder,
  config: TrainingConfig,
  store: CheckpointStore,
  name: CheckpointName,
): number | undefined {
  if (name === "last") return config.training.iterations;
  if (name === "auto") return readAutoChoice(run, config)?.chosen;
  return stepOfName(name) ?? store.stepNamed(name);
}

/** Nor must old evaluations and those of an older checkpoint. */
function checkJudged(
  run: RunFolder,
  config: TrainingConfig,
  store: CheckpointStore,
  { checkpoint }: Judgement,
  choice: EvaluationChoice,
): void {
  const { checkpoint: name } = choice;
  const { iterations } = config.training;
  const present = stepNow(run, config, store, name);
  if (present === undefined || checkpoint.step === present) return;
  const again = `run \`dimseg evaluate ${shellWord(run.path)} ${choiceWords(choice)}\` again, which tells when a checkpoint is damaged`;
  const at = `${run.path} was judged at step ${checkpoint.step}`;
  if (name === "last") throw new UnfinishedRun(`${at} of ${iterations}; ${again}`);
  throw new UnfinishedRun(`${at}, but its checkpoint "${name}" is of step ${present}; ${again}`);
}

/**
 * Reads a run.
 * @param name of its configuration; from the folder when not given
 * @throws UnfinishedRun when it was not trained to its end or not judged as chosen; UsageError when it is no run;
 *   DataError when a file is damaged
 */
export function readRun(path: string, choice: EvaluationChoice, name = nameOfFolder(path)): ComparedRun {
  if (!existsSync(path)) throw new UnfinishedRun(`${path} does not exist; give a run folder or a sweep's folder`);
  const run = openRunFolder(path);
  const config = readResolvedConfig(run.config);
  const store = new CheckpointStore(run.checkpoints, { keep: 1, warn: () => {} });
  checkTrained(run, config, store);
  const own = choiceOf(config, choice);
  const folder = evaluationFolder(run.evaluation, own);
  const texts = readEvaluation(folder);
  if (texts === null) {
    if (choice.network === "teacher" && !keepsTeacher(run, store)) {
      throw new UnfinishedRun(
        `${run.path} keeps no teacher, as method ${config.method.name} has none; compare with --network student`,
      );
    }
    throw new UnfinishedRun(
      `${run.path} has no evaluation ${evaluationName(own)}; ` +
        `run \`dimseg evaluate ${shellWord(run.path)} ${choiceWords(choice)}\``,
    );
  }
  const judgement = parseJudgement(texts.summary, join(folder, "summary.json"));
  checkJudged(run, config, store, judgement, choice);
  const scores = parseScores(texts.cases, join(folder, "cases.csv"));
  return { name, folder: run.path, config, split: readSplit(run.split, config), judgement, scores };
}
