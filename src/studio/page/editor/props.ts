/** The editor's properties. */
import type { TargetKind } from "../../../core/target-kind.js";
import type { MaskPatch } from "../../../grid/mask-patch.js";
import type { SaveState } from "./model/autosave.js";
import type { Part } from "./model/parts.js";
import type { EditedImage } from "./session.js";

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
  /**
   * Keeps a finished stroke: the box it changed and the bytes that stand there now. Called for undo, too, for one stroke
   * at a time, in order, and again for the same one after it failed.
   */
  readonly onStroke: (patch: MaskPatch) => Promise<void>;
  /** Told how many strokes wait to be kept, whenever that changes. */
  readonly onSaveState?: (state: SaveState) => void;
  readonly readOnly?: boolean;
}
