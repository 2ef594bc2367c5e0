/** `dimseg evaluate RUN`: metrics by domain and part, kept in the run folder. */
import { type Command, Option } from "commander";
import { UsageError } from "../core/errors.js";
import { shellWord } from "../core/shell-word.js";
import { conventionNames } from "../evaluation/conventions.js";
import { judgedGridText } from "../judging/grid-text.js";
import { judgedRulesText } from "../judging/rules-text.js";
import { subjectsText } from "../judging/subjects-text.js";
import { unjudgedText } from "../judging/unjudged-text.js";
import type { EvaluateInput, EvaluationResult } from "../workflows/evaluate.js";
import { checkpointOption } from "./options/checkpoint.js";
import { gridOption, unitsOption } from "./options/judging.js";
import { addRuleOptions, type RuleOptions, rulesFrom } from "./options/rules.js";
import { inTerminal } from "./terminal/observer.js";

type EvaluateVerbOptions = Omit<EvaluateInput, "run" | "nsd" | "rules"> &
  RuleOptions & { readonly nsd?: string; readonly json?: boolean };

/** @throws UsageError for anything but a number of at least 0 */
function toleranceOf(text: string | undefined): { nsd?: number } {
  if (text === undefined) return {};
  const nsd = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(nsd) && nsd >= 0) return { nsd };
  throw new UsageError(`--nsd ${text}: give a distance of at least 0, in the unit of --units, such as 2`);
}

/** What was judged, and what a distance of 1 is. */
function sizeText(about: EvaluationResult["about"]): string {
  const { slices, patch, at, units } = about;
  if (at === "native") {
    const [where, one] = slices ? ["volumes in their own grids", "voxels"] : ["at the images' own sizes", "pixels"];
    return `${where}, distances in ${units === "mm" ? "mm" : `${one} of those (--units mm measures them)`}`;
  }
  const ofVolumes = "distances in voxels of that grid (--units mm measures them)";
  if (patch) return `${judgedGridText(about)}, ${units === "mm" ? "distances in mm" : ofVolumes}`;
  const grid = judgedGridText(about);
  const where = slices ? `volumes of ${slices} slices of ${grid}` : `at ${grid}`;
  if (units === "mm") return `${where}, distances in mm by the spacing of the stored images`;
  return slices
    ? `${where}, distances in pixels of those with slices one apart (--units mm measures them)`
    : `${where}, distances in pixels of that size`;
}

/** Everything a reader must know to compare the numbers with others. */
function heading({ about, summary }: EvaluationResult): string {
  const { network, checkpoint, dataset, split, testTimeFlips, convention, withoutMask, ignored } = about;
  const without = withoutMask.length;
  const rules = judgedRulesText(about);
  return [
    `${network}, ${checkpoint.rule}`,
    `${split} split of ${dataset.name}: ${subjectsText(summary)}${about.slices ? ", " : " "}${sizeText(about)}` +
      `${testTimeFlips ? ", probabilities averaged over mirror images" : ""}` +
      `${rules ? `, ${rules}` : ""}` +
      `${without > 0 ? `; left out for want of a mask: ${without}` : ""}` +
      `${ignored ? `; ${(100 * ignored).toFixed(1)} % of the pixels ignored` : ""}`,
    `convention ${convention.name} (${convention.description})`,
  ].join("\n");
}

/** Domains that the table is silent about, and how to look at them. */
function unjudgedLines({ about: { unjudged = [] } }: EvaluationResult, run: string): string[] {
  if (unjudged.length === 0) return [];
  const look = `\`dimseg report ${shellWord(run)}\``;
  return [
    ...unjudged.map((one) => `${unjudgedText(one)} cannot be judged.`),
    `${look} shows what the network makes of ${unjudged.length === 1 ? "it" : "them"}, \`dimseg predict --overlay\` each image.`,
  ];
}

async function evaluate(run: string, { json, nsd, ...rest }: EvaluateVerbOptions): Promise<void> {
  const options = { ...rest, ...toleranceOf(nsd), rules: rulesFrom(rest) };
  const { evaluateRun, resultJson } = await import("../workflows/evaluate.js");
  const { evaluationTable } = await import("./terminal/evaluation-table.js");
  const results = await inTerminal((observer) => {
    const judged = (result: EvaluationResult, folder: string) => {
      observer.finish();
      if (json) return;
      console.log(`\n${heading(result)}\n\n${evaluationTable(result.summary, options.units, options.nsd)}`);
      for (const line of unjudgedLines(result, run)) console.log(line);
      console.log(`Wrote cases.csv and summary.json to ${folder}.`);
    };
    return evaluateRun({ run, ...options }, { ...observer, judged });
  });
  if (json) console.log(`[\n${results.map(resultJson).join(",\n")}\n]`);
}

/** Adds the verb to the command line. */
export function register(program: Command): void {
  const command = program
    .command("evaluate")
    .description("judge a trained run: Dice, Jaccard, HD95 and ASD by domain and part")
    .argument("<run>", "run folder")
    .addOption(checkpointOption("which checkpoint"))
    .addOption(new Option("--network <name>", "which network").choices(["student", "teacher", "both"]).default("both"))
    .addOption(new Option("--split <name>", "which cases").choices(["test", "train", "validation"]).default("test"))
    .addOption(
      new Option("--convention <name>", "rules for empty masks and HD95 (default: the run's)").choices(conventionNames),
    )
    .addOption(gridOption("judge at the network's size, or in the images' own"))
    .addOption(unitsOption("of distances: pixels of the grid that is judged, or mm by the images' spacing"))
    .option("--nsd <distance>", "also the normalised surface Dice at this tolerance, in the unit of the distances")
    .option("--volumes", "also volumes and their error as a share of the reference")
    .option("--lesions", "also lesion-wise counts and F1, for classes of many separate objects")
    .option("--tta", "average over mirror images", false)
    .option(
      "--data <file>",
      "another dataset.yaml of the same kind, as for external validation; the run's own need not be there",
    )
    .option("--json", "print the summaries as JSON");
  addRuleOptions(command).action(evaluate);
}
