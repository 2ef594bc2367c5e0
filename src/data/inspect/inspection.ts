/** What looking at a folder found. */
import type { Split } from "../case-files.js";
import type { DatasetFileInput } from "../schema.js";

/** One split of one domain as it was found. */
export interface InspectedSplit {
  readonly domain: string;
  readonly split: Split;
  readonly images: number;
  readonly masks: number;
  /** Stored sizes with their file counts, such as `800 x 800`; sampled. */
  readonly sizes: string;
  /** Values or colours found in the masks, sampled. */
  readonly values: string;
}

export interface Inspection {
  /** Content for a `dataset.yaml` whose `root` is the inspected folder. */
  readonly file: DatasetFileInput;
  readonly guesses: readonly string[];
  readonly splits: readonly InspectedSplit[];
}
