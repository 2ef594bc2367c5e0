/** `dimseg data outlines FOLDER --out DIR`: masks of what was drawn around with annotation tools. */
import type { Command } from "commander";
import { shellWord } from "../../core/shell-word.js";
import { inTerminal } from "../terminal/observer.js";
import { formatTable } from "../terminal/table.js";

async function outlines(folder: string, { out, empty = false }: { out: string; empty?: boolean }): Promise<void> {
  const { drawOutlines } = await import("../../workflows/data/outlines.js");
  const { images, masked, classes } = await inTerminal((observer) => drawOutlines({ folder, out, empty }, observer));
  const rows = classes.map((one) => [one.name, String(one.images), String(one.outlines)]);
  console.log(formatTable(["class", "images", "outlines"], rows, ["left", "right", "right"]));
  console.log(
    `\nWrote masks of ${masked} of ${images} images, and copies of all. Next: dimseg data inspect ${shellWord(out)}`,
  );
}

/** Adds the verb to `dimseg data`. */
export function register(parent: Command): void {
  parent
    .command("outlines")
    .description("make masks of the outlines in COCO and labelme files, beside copies of their images")
    .argument("<folder>", "folder of images and JSON files")
    .requiredOption("--out <folder>", "gets images/ and masks/; nothing in it is replaced")
    .option("--empty", "images that a file names without an outline get an empty mask, instead of none")
    .action(outlines);
}
