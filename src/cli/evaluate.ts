/** `dimseg evaluate RUN`: metrics by domain and part, kept in the run folder. */
import { type Command, Option } from "commander";
import { DataError } from "../core/errors.js";
import { type ConventionName, conventionNames } from "../evaluation/conventions.js";
import type { DistanceUnits } from "../judging/evaluate-network.js";
import type { CheckpointName } from "../runs/load-run.js";
import type { EvaluationCases, EvaluationSplit } from "./evaluation-cases.js";
import type { EvaluationResult } from "./evaluation-result.js";
import { checkpointChoices, type NetworkName, networkOf, type OpenedRun, openRun } from "./open-run.js";
import { createProgress } from "./progress.js";

interface EvaluateVerbOptions {
  readonly checkpoint: CheckpointName;
  readonly network: NetworkName | "both";
  readonly split: EvaluationSplit;
  readonly convention?: ConventionName;
  readonly units: DistanceUnits;
  readonly tta: boolean;
  readonly data?: string;
  readonly json?: boolean;
}

/** @throws UsageError when a teacher is asked for and there is none */
function namesOf(run: OpenedRun, wanted: NetworkName | "both"): NetworkName[] {
  if (wanted === "both") return run.networks.teacher ? ["student", "teacher"] : ["student"];
  networkOf(run, wanted);
  return [wanted];
}

/** Judges one network with a progress line. */
async function judge(run: OpenedRun, cases: EvaluationCases, network: NetworkName, options: EvaluateVerbOptions) {
  const { judgeNetwork } = await import("./evaluation-result.js");
  const total = cases.cases.filter((one) => one.maskPath !== undefined).length;
  const progress = createProgress({ label: `evaluating the ${network}`, total });
  const convention = options.convention ?? run.config.evaluation.convention;
  try {
    return await judgeNetwork(run, cases, {
      ...{ network, convention, units: options.units, tta: options.tta },
      onProgress: (done) => progress.update(done),
    });
  } finally {
    progress.finish();
  }
}

/** Everything a reader must know to compare the numbers with others. */
function heading({ about, summary }: EvaluationResult): string {
  const { network, checkpoint, dataset, split, size, units, testTimeFlips, convention, withoutMask } = about;
  const without = withoutMask.length;
  return [
    `${network}, ${checkpoint.rule}`,
    `${split} split of ${dataset.name}: ${summary.cases} cases at ${size} x ${size} pixels, ` +
      `${units === "mm" ? "distances in mm by the spacing of the stored images" : "unit spacing"}` +
      `${testTimeFlips ? ", probabilities averaged over mirror images" : ""}` +
      `${without > 0 ? `; left out for want of a mask: ${without}` : ""}`,
    `convention ${convention.name} (${convention.description})`,
  ].join("\n");
}

/** The run's own splits are what they are called; another data set may hold anything. */
async function warnOfLearnt(run: OpenedRun, cases: EvaluationCases): Promise<void> {
  const { learntWarning } = await import("./learnt-cases.js");
  try {
    const warning = learntWarning(run, cases);
    if (warning !== undefined) console.error(warning);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    console.error(`cannot tell whether the run was trained on these cases: ${error.message}`);
  }
}

async function evaluate(path: string, options: EvaluateVerbOptions): Promise<void> {
  const run = await openRun(path, options.checkpoint);
  const { selectCases } = await import("./evaluation-cases.js");
  const { resultJson, writeResult } = await import("./evaluation-result.js");
  const { evaluationTable } = await import("./evaluation-table.js");
  const networks = namesOf(run, options.network);
  const cases = selectCases(run, options.split, options.data);
  if (cases.dataset.path !== run.dataset.path) await warnOfLearnt(run, cases);
  const results: EvaluationResult[] = [];
  for (const network of networks) {
    const result = await judge(run, cases, network, options);
    results.push(result);
    const folder = writeResult(run, result);
    if (options.json) continue;
    console.log(`\n${heading(result)}\n\n${evaluationTable(result.summary, options.units)}`);
    console.log(`Wrote cases.csv and summary.json to ${folder}.`);
  }
  if (options.json) console.log(`[\n${results.map(resultJson).join(",\n")}\n]`);
}

/** Adds the verb to the command line. */
export function register(program: Command): void {
  program
    .command("evaluate")
    .description("judge a trained run: Dice, Jaccard, HD95 and ASD by domain and part")
    .argument("<run>", "run folder")
    .addOption(new Option("--checkpoint <name>", "which checkpoint").choices(checkpointChoices).default("last"))
    .addOption(new Option("--network <name>", "which network").choices(["student", "teacher", "both"]).default("both"))
    .addOption(new Option("--split <name>", "which cases").choices(["test", "train", "validation"]).default("test"))
    .addOption(
      new Option("--convention <name>", "rules for empty masks and HD95 (default: the run's)").choices(conventionNames),
    )
    .addOption(
      new Option("--units <name>", "of distances: pixels of the network's square, or mm by the images' spacing")
        .choices(["pixels", "mm"])
        .default("pixels"),
    )
    .option("--tta", "average over mirror images", false)
    .option("--data <file>", "another dataset.yaml of the same kind")
    .option("--json", "print the summaries as JSON")
    .action(evaluate);
}
