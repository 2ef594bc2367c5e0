/** `dimseg data add-masks dataset.yaml FOLDER`: masks that somebody drew become part of a data set. */
import type { Command } from "commander";
import { counted } from "../../core/counted.js";
import type { AddedToDataset, AddMasksInput } from "../../workflows/data/add-masks.js";
import { inTerminal } from "../terminal/observer.js";

interface AddMasksVerbOptions extends Pick<AddMasksInput, "by"> {
  readonly asPredicted?: boolean;
  readonly replace?: boolean;
  readonly fromRun?: string;
}

function summary({ domains, known, replaced, list, dataset }: AddedToDataset): string {
  const total = domains.reduce((sum, { masks }) => sum + masks, 0);
  const same = known > 0 ? [`${counted(known, "mask")} had been added before.`] : [];
  if (total === 0) return same.join("");
  const each = domains.map(({ domain, masks }) => `${masks} of ${domain}`).join(", ");
  const kept = replaced > 0 ? [`${replaced} stand before masks that their images had, which stay where they are.`] : [];
  return [
    `Added ${counted(total, "mask")} (${each}); ${list} says which and whose, and ${dataset} names it.`,
    ...[...kept, ...same],
    "To learn from them, in the configuration: labelled: { ..., further: added }; to go on from the earlier run: dimseg train CONFIG --from RUN",
  ].join("\n");
}

async function addMasks(
  dataset: string,
  masks: string,
  { asPredicted = false, replace = false, fromRun, by }: AddMasksVerbOptions,
): Promise<void> {
  const workflow = await import("../../workflows/data/add-masks.js");
  const values = asPredicted ? "predicted" : "dataset";
  const input: AddMasksInput = { dataset, masks, values, replace, by, run: fromRun };
  console.log(summary(await inTerminal((observer) => workflow.addMasks(input, observer))));
}

/** Adds the verb to `dimseg data`. */
export function register(parent: Command): void {
  parent
    .command("add-masks")
    .description("add masks that somebody drew: matched to images by name, checked, and written down with who and when")
    .argument("<dataset>", "dataset.yaml")
    .argument("<folder>", "folder of masks, each named as its image")
    .option("--as-predicted", "values mean what those of `dimseg predict` do, not what those of the data set do")
    .option("--replace", "stand before masks that images have; their files stay where they are")
    .option("--by <name>", "who drew them (default: your user name)")
    .option("--from-run <run>", "the run whose predictions were corrected")
    .action(addMasks);
}
