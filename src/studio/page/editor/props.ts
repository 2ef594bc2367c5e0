/** The editor's properties. */
import type { TargetKind } from "../../../core/target-kind.js";
import type { Part } from "./model/parts.js";
import type { EditedImage, EditedSteps, FinishedStroke } from "./session.js";

/** How far saving has come. */
export interface SaveState {
  /** Strokes that have not arrived. */
  readonly waiting: number;
  /** Why the last try failed; null while all is well. */
  readonly failure: string | null;
  /** Whether that was for good. */
  readonly isRefused?: boolean;
  /** Whether the browser keeps those that have not arrived, also when the page is closed. */
  readonly isKept?: boolean;
}

/** What the editor is given. */
export interface MaskEditorProps {
  readonly image: EditedImage;
  /**
   * One byte a pixel: with target "softmax" class numbers, with "sigmoid" bit sets of them (bit 0 is class 0), in both
   * 255 where nobody labelled. Copied; another array, or another image, begins anew.
   */
  readonly mask: Uint8Array;
  /** The parts, outermost first as in the data set. */
  readonly labels: readonly Part[];
  /** Whether parts exclude each other, as unless told otherwise, or may overlap. */
  readonly target?: TargetKind;
  /** The model's mask, as `mask` is written. */
  readonly prediction?: Uint8Array | null;
  /** What predicted it. */
  readonly predictedBy?: string;
  /** Why it is not there, as long as it is not: that it is being asked for, or that this failed. */
  readonly predictionNote?: string | null;
  /** Takes a finished stroke to keep it, in their order; undo is one, too. */
  readonly onStroke: (stroke: FinishedStroke) => void;
  /** Where this is one of several masks: the steps over all of them. */
  readonly steps?: EditedSteps;
  /** How far that has come; where it is missing, strokes are safe at once. */
  readonly saving?: SaveState;
  readonly readOnly?: boolean;
}
