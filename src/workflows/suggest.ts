/** Which images to label next: those whose labels would help the run's network most. */
import { basename, join } from "node:path";
import { counted } from "../core/counted.js";
import { DataError, UsageError } from "../core/errors.js";
import { writeFilesAtomic } from "../core/files/atomic-file.js";
import { refuseLinks } from "../core/files/refuse-links.js";
import { packageVersion } from "../core/package-root.js";
import { writeContactSheet } from "../drawing/contact-sheet.js";
import type { StrategyName } from "../quality/suggestion/strategy-names.js";
import type { CheckpointName, NetworkName } from "../runs/checkpoints/checkpoint-names.js";
import type { Workflow } from "./observer.js";
import { openRun } from "./open-run.js";
import { strategies } from "./suggestion/ask.js";
import { candidatesOf } from "./suggestion/candidates.js";
import { type SuggestedImage, suggestedImage, suggestionCsv } from "./suggestion/files.js";
import { suggestionTiles } from "./suggestion/sheet.js";

/** Whose images are to be suggested, how many, and how they are chosen. */
export interface SuggestInput {
  readonly run: string;
  /** At least 1. */
  readonly count: number;
  readonly strategy: StrategyName;
  readonly seed: number;
  readonly checkpoint: CheckpointName;
  readonly network: NetworkName;
}

/** What is suggested. */
export interface Suggested {
  readonly checkpointRule: string;
  /** Path of the data set that masks are to be added to. */
  readonly dataset: string;
  /** The most useful first; fewer than were asked for where no others are left. */
  readonly images: readonly SuggestedImage[];
  /** Unlabelled training images that they were chosen from. */
  readonly candidates: number;
  /** Folder of `suggestion.csv`, `suggestion.json` and `contact-sheet.png`. */
  readonly folder: string;
}

const columns = 5;

/**
 * Chooses unlabelled training images, whole volumes where cases are volumes, and writes them as a list and as a contact
 * sheet below the run's `quality/`.
 * @throws UsageError for a number or seed that is none, or a network that is not there; DataError where no image is left,
 *   and as opening the run does; CheckpointError
 */
export const suggestImages: Workflow<SuggestInput, Suggested> = async (input, observer) => {
  const { count, seed, strategy } = input;
  if (!Number.isInteger(count) || count < 1)
    throw new UsageError(`--count ${count}: give a whole number of at least 1, such as 10`);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new UsageError(`--seed ${seed}: give a whole number of at least 0`);
  const run = await openRun(input.run, input.checkpoint, observer);
  const candidates = candidatesOf(run);
  if (candidates.open.length === 0)
    throw new DataError(
      `${run.dataset.path}: every subject of its training images is labelled or kept for validation; add images to choose from`,
    );
  const options = { count, seed };
  const chosen = await strategies[strategy]({ run, network: input.network, candidates, options, observer });
  const images = chosen.map((one, i) => suggestedImage(one, i + 1));
  const name = `suggestion-${run.checkpoint}-${input.network}-${strategy}-${count}-seed-${seed}`;
  const folder = join(run.folder.quality, name);
  refuseLinks(run.folder.quality, [basename(folder)]);
  const about = {
    ...{ dimseg: packageVersion(), run: run.folder.path, network: input.network },
    ...{ checkpoint: { name: run.checkpoint, step: run.step }, strategy, seed, dataset: run.dataset.path },
    candidates: candidates.open.length,
  };
  writeFilesAtomic([
    [join(folder, "suggestion.csv"), suggestionCsv(images)],
    [join(folder, "suggestion.json"), `${JSON.stringify({ ...about, images }, null, 2)}\n`],
  ]);
  const cases = chosen.map((one) => one.case);
  if (cases.length > 0)
    await writeContactSheet(
      join(folder, "contact-sheet.png"),
      await suggestionTiles(run, input.network, cases),
      columns,
    );
  if (images.length < count)
    observer.warn(
      `only ${counted(images.length, "image")} of another subject and look could be found, of ${count} asked for`,
    );
  return {
    ...{ checkpointRule: run.checkpointRule, dataset: run.dataset.path, images, folder },
    candidates: candidates.open.length,
  };
};
