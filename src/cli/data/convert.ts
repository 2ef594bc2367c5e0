/** `dimseg data convert FOLDER --out DIR`: DICOM series as NIfTI volumes, which every other verb reads. */
import type { Command } from "commander";
import { counted } from "../../core/counted.js";
import { shellWord } from "../../core/shell-word.js";
import { collected } from "../options/collected.js";
import { inTerminal } from "../terminal/observer.js";
import { formatTable } from "../terminal/table.js";

async function convert(folder: string, options: { out: string; structure: readonly string[] }): Promise<void> {
  const { out, structure: structures } = options;
  const { convertSeries } = await import("../../workflows/data/convert.js");
  const { volumes, structures: shown } = await inTerminal((observer) =>
    convertSeries({ folder, out, structures }, observer),
  );
  const rows = volumes.map(({ image, mask, modality, size, spacing }) => [
    ...[image, mask ? "yes" : "", modality, size],
    spacing ? spacing.map((one) => Number(one.toFixed(3))).join(" x ") : "unknown",
  ]);
  console.log(formatTable(["image", "mask", "kind", "size", "mm"], rows, ["left", "left", "left", "left", "left"]));
  if (shown.length > 0) console.log(`\nContours as masks: ${shown.map((name, i) => `${i + 1} ${name}`).join(", ")}.`);
  console.log(`\nWrote ${counted(volumes.length, "volume")}. Next: dimseg data inspect ${shellWord(out)}`);
}

/** Adds the verb to `dimseg data`. */
export function register(parent: Command): void {
  parent
    .command("convert")
    .description("make NIfTI volumes of DICOM series, and masks of the segmentations and contours drawn on them")
    .argument("<folder>", "folder of DICOM files, in any order and depth, of any names")
    .requiredOption("--out <folder>", "gets images/ and masks/; nothing in it is replaced")
    .option(
      "--structure <name>",
      "of RT structure sets only this one, its value that of its order here; repeatable (default: all, by name)",
      collected,
      [],
    )
    .action(convert);
}
