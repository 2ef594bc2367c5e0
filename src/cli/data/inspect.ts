/** `dimseg data inspect FOLDER`: finds out what a folder of images is and writes a first dataset.yaml. */
import { dirname } from "node:path";
import type { Command } from "commander";
import { counted } from "../../core/counted.js";
import { shellWord } from "../../core/shell-word.js";
import type { Inspection } from "../../data/inspect/inspect.js";
import { inTerminal } from "../terminal/observer.js";
import { formatTable } from "../terminal/table.js";

function show({ splits, guesses }: Inspection): void {
  const rows = splits.map((one) => [one.domain, one.split, one.images, one.masks, one.sizes, one.values]);
  const align = ["left", "left", "right", "right", "left", "left"] as const;
  const table = formatTable(["domain", "split", "images", "masks", "size", "values in masks"], rows, align);
  const listed = guesses.map((guess) => `  - ${guess}`).join("\n");
  console.log(`${table}\n\nGuessed:\n${listed === "" ? "  nothing" : listed}\n`);
}

async function inspect(folder: string, { out, force = false }: { out: string; force?: boolean }): Promise<void> {
  const { inspectData } = await import("../../workflows/data/inspect.js");
  let asks = false;
  const lists = await inTerminal((observer) => {
    const found = (inspection: Inspection) => {
      observer.finish();
      show(inspection);
      asks = inspection.file.question !== undefined;
    };
    return inspectData({ folder, out, force }, found, observer);
  });
  const todo = asks ? "Fill in the answer to its question" : "Read it, correct it";
  const beside = lists.length === 0 ? "" : `, and ${counted(lists.length, "list")} of cases in ${dirname(lists[0])}`;
  console.log(`Wrote ${out}${beside}. ${todo}, then run: dimseg data check ${shellWord(out)}`);
}

/** Adds the verb to `dimseg data`. */
export function register(parent: Command): void {
  parent
    .command("inspect")
    .description("find images, masks, domains and label values in a folder and write a first dataset.yaml")
    .argument("<folder>", "folder of images, in any usual layout")
    .option("--out <file>", "where to write it; the data folder itself is left alone", "dataset.yaml")
    .option("--force", "replace a file that is already there")
    .action(inspect);
}
