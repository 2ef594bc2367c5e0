/** `dimseg data inspect FOLDER`: finds out what a folder of images is and writes a first dataset.yaml. */
import type { Command } from "commander";
import { shellWord } from "../core/shell-word.js";
import { formatTable } from "./table.js";

interface Options {
  readonly out: string;
  readonly force?: boolean;
}

async function inspect(folder: string, options: Options): Promise<void> {
  const { inspectFolder } = await import("../data/inspect/inspect.js");
  const { writeDatasetYaml } = await import("../data/inspect/write-yaml.js");
  const inspection = await inspectFolder(folder);
  const rows = inspection.splits.map((one) => [one.domain, one.split, one.images, one.masks, one.sizes, one.values]);
  const align = ["left", "left", "right", "right", "left", "left"] as const;
  const table = formatTable(["domain", "split", "images", "masks", "size", "values in masks"], rows, align);
  const guesses = inspection.guesses.map((guess) => `  - ${guess}`).join("\n");
  console.log(`${table}\n\nGuessed:\n${guesses === "" ? "  nothing" : guesses}\n`);
  writeDatasetYaml(inspection, folder, options.out, options.force === true);
  console.log(`Wrote ${options.out}. Read it, correct it, then run: dimseg data check ${shellWord(options.out)}`);
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
