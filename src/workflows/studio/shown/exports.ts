/** What the studio shows of a run's export, and what the page needs of it to ask it. Types alone. */
import type { TargetKind } from "../../../core/target-kind.js";
import type { DatasetClass } from "../../../data/dataset-class.js";
import type { ImageRule } from "../../../data/images/prepare-image.js";
import type { Frame } from "../../../grid/frame.js";

/** An exported network of pictures. */
export interface ShownModel {
  /** Which network of which run it is, for people. */
  readonly title: string;
  /** Why a browser cannot ask it, and what to do; null where it can. */
  readonly refusal: string | null;
  /** What it works at. */
  readonly frame: Frame;
  /** How images are prepared for it. */
  readonly rule: ImageRule;
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
