/**
 * The mask as it is edited, beside what it was before the stroke at hand. Tools write pixels as the pointer moves; when
 * a stroke ends, `commit` says what it changed, at a cost that goes by the box it touched and not by the image.
 */
import { applyMaskPatch, cutMaskPatch, type MaskPatch } from "../../../../grid/mask-patch.js";
import { decodeRuns, encodeRuns } from "../../../../grid/runs.js";
import { type Box, boxAround, joinBoxes, type Size } from "./box.js";
import type { Region } from "./region.js";

/** What a tool does to the pixels it covers. */
export interface Ink {
  /** From the byte that stands in a pixel to the one that shall. */
  readonly table: Uint8Array;
  /** Only pixels whose grey value lies in a range, both ends included. */
  readonly within?: { readonly grey: Uint8Array; readonly low: number; readonly high: number } | undefined;
}

/** A change that can be undone: what differs, as runs of exclusive ors, which undo and redo alike. */
export interface Change {
  /** What was done, as a word of the interface. */
  readonly name: string;
  readonly box: Box;
  readonly runs: Uint8Array;
}

/** A finished stroke. */
export interface Stroke {
  readonly change: Change;
  /** What stands in its box now. */
  readonly patch: MaskPatch;
}

/** A mask of one byte a pixel. */
export class MaskDocument {
  /** As it looks now. Read only for others. */
  readonly codes: Uint8Array;
  private readonly before: Uint8Array;
  private touched: Box | null = null;

  /** @param mask copied */
  constructor(
    mask: Uint8Array,
    readonly size: Size,
  ) {
    this.codes = mask.slice();
    this.before = mask.slice();
  }

  /** Writes a span of a row, both ends included. */
  span(row: number, first: number, last: number, { table, within }: Ink): void {
    const { codes } = this;
    const start = row * this.size.width;
    for (let i = start + first; i <= start + last; i++)
      if (!within || (within.grey[i] >= within.low && within.grey[i] <= within.high)) codes[i] = table[codes[i]];
  }

  /** Says that spans were written in a box, which must lie on the image. */
  touch(box: Box): void {
    this.touched = joinBoxes(this.touched, box);
  }

  /** Writes the pixels of a region. */
  fill({ box, covered }: Region, { table }: Ink): void {
    for (let y = 0; y < box.height; y++) {
      const start = (box.y + y) * this.size.width + box.x;
      for (let x = 0; x < box.width; x++)
        if (covered[y * box.width + x] !== 0) this.codes[start + x] = table[this.codes[start + x]];
    }
    this.touch(box);
  }

  /** Writes all pixels of a box. */
  put(patch: MaskPatch): void {
    applyMaskPatch(this.codes, this.size.width, patch);
    this.touch(patch);
  }

  /**
   * Ends a stroke.
   * @param name what was done
   * @returns null where nothing changed
   */
  commit(name: string): Stroke | null {
    const { touched, codes, before } = this;
    this.touched = null;
    const box = touched && boxAround(touched, this.size.width, (index) => codes[index] !== before[index]);
    if (box === null) return null;
    const patch = cutMaskPatch(codes, this.size.width, box);
    const change = cutMaskPatch(before, this.size.width, box).values;
    for (let i = 0; i < change.length; i++) change[i] ^= patch.values[i];
    applyMaskPatch(before, this.size.width, patch);
    return { patch, change: { name, box, runs: encodeRuns(change) } };
  }

  /** Gives up the stroke at hand; where it was, null where there was none. */
  revert(): Box | null {
    const { touched } = this;
    this.touched = null;
    if (touched) applyMaskPatch(this.codes, this.size.width, cutMaskPatch(this.before, this.size.width, touched));
    return touched;
  }

  /** Undoes a change, or does it again. There must be no stroke at hand. */
  toggle({ box, runs }: Change): MaskPatch {
    const patch = cutMaskPatch(this.codes, this.size.width, box);
    const change = decodeRuns(runs, patch.values.length);
    for (let i = 0; i < change.length; i++) patch.values[i] ^= change[i];
    applyMaskPatch(this.codes, this.size.width, patch);
    applyMaskPatch(this.before, this.size.width, patch);
    return patch;
  }
}
