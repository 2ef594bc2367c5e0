/** `dimseg suggest RUN --count N`: which images to label next. */
import { type Command, Option } from "commander";
import { counted } from "../core/counted.js";
import { groupBy } from "../core/group-by.js";
import { shellWord } from "../core/shell-word.js";
import { strategyNames } from "../quality/suggestion/strategy-names.js";
import { networkNames } from "../runs/checkpoints/checkpoint-names.js";
import type { Suggested, SuggestInput } from "../workflows/suggest.js";
import { checkpointOption } from "./options/checkpoint.js";
import { inTerminal } from "./terminal/observer.js";
import { formatTable } from "./terminal/table.js";

interface SuggestVerbOptions extends Omit<SuggestInput, "run" | "count" | "seed"> {
  readonly count: string;
  readonly seed: string;
}

/** A number as people type it; NaN for any other word. */
function numberOf(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}

function imageTable({ images }: Suggested): string {
  const rows = images.map(({ rank, domain, id, reason }) => [rank, domain, id, reason]);
  return formatTable(["", "domain", "case", "why"], rows, ["right"]);
}

/** What to do with the images: masks that are there already only have to be named, the others have to be drawn. */
function nextSteps({ images, dataset }: Suggested): string {
  const masked = images.filter(({ mask }) => mask !== "");
  const byDomain = [...groupBy(masked, ({ domain }) => domain)].map(
    ([domain, own]) => [domain, own.map(({ id }) => id)] as const,
  );
  const named = `${counted(masked.length, "mask")} of these images ${masked.length === 1 ? "is" : "are"} in the data set already; to learn from them, in the configuration: labelled: { ..., further: ${JSON.stringify(Object.fromEntries(byDomain))} }`;
  const drawn =
    "Draw the missing masks, each named as its image, in one folder; then: " +
    `dimseg data add-masks ${shellWord(dataset)} FOLDER`;
  return [...(masked.length > 0 ? [named] : []), ...(masked.length < images.length ? [drawn] : [])].join("\n");
}

async function suggest(run: string, { count, seed, ...options }: SuggestVerbOptions): Promise<void> {
  const { suggestImages } = await import("../workflows/suggest.js");
  const input = { run, count: numberOf(count), seed: numberOf(seed), ...options };
  const suggested = await inTerminal((observer) => suggestImages(input, observer));
  const { checkpointRule, candidates, folder, images } = suggested;
  console.log(`\n${options.network}, ${checkpointRule}\n`);
  const order = options.strategy === "random" ? "drawn at random" : "the most useful first";
  console.log(`${images.length} of ${candidates} unlabelled training images, ${order}:\n`);
  console.log(`${imageTable(suggested)}\n\n${nextSteps(suggested)}`);
  console.log(`\nWrote suggestion.csv, suggestion.json and contact-sheet.png to ${folder}.`);
}

/** Adds the verb to the command line. */
export function register(program: Command): void {
  program
    .command("suggest")
    .description("choose the unlabelled training images whose labels would help most, as a list and a contact sheet")
    .argument("<run>", "run folder, with its data set in place")
    .option("--count <number>", "how many images", "10")
    .addOption(
      new Option("--strategy <name>", "doubt, need of the domain and variety together; entropy alone; or any image")
        .choices(strategyNames)
        .default("combined"),
    )
    .option("--seed <number>", "of the draws", "0")
    .addOption(checkpointOption("which checkpoint"))
    .addOption(new Option("--network <name>", "which network").choices(networkNames).default("student"))
    .action(suggest);
}
