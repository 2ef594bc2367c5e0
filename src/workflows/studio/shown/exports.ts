/** What the studio shows of a run's export, and what the page needs of it to ask it. Types alone. */
import type { TargetKind } from "../../../core/target-kind.js";
import type { AskedSet } from "../../../data/asked-set.js";
import type { DatasetClass } from "../../../data/dataset-class.js";
import type { Frame } from "../../../grid/frame.js";

/** How images are prepared and answers read. */
export interface ShownRule {
  /** The domain whose images these are like; null where all domains have one rule. */
  readonly domain: string | null;
  readonly set: AskedSet;
}

/** An exported network. */
export interface ShownModel {
  /** Which network of which run it is, for people. */
  readonly title: string;
  /** What segments images elsewhere, up to their names. */
  readonly command: string;
  /** Sides of what it sees at once: of pictures and slices, `[rows, columns]`, or of patches `[slices, rows, columns]`. */
  readonly sides: readonly number[];
  /** What pictures and slices are brought to; to a network of patches it is nothing. */
  readonly frame: Frame;
  /** One; or several, of which a person chooses, where domains have rules for values of their own. */
  readonly rules: readonly ShownRule[];
  readonly target: TargetKind;
  readonly classes: readonly DatasetClass[];
  /** The classes without the background, outermost first. */
  readonly parts: readonly DatasetClass[];
}

/** How a run's export stands. */
export interface ExportState {
  /** Whether the studio is exporting the run. */
  readonly working: boolean;
  /** Why exporting failed, or the export that is there cannot be read. */
  readonly failure: string | null;
  /** Null where there is none. */
  readonly model: ShownModel | null;
}
