/**
 * A majority filter (the median of a binary picture) over one part: a pixel belongs to it where more than half of the
 * square around it does. Where the part leaves a pixel of exclusive parts, the most frequent of the others around takes
 * it, so that no gap opens between two parts that touch.
 */
import { cutMaskPatch, type MaskPatch } from "../../../../grid/mask-patch.js";
import { type Box, boxAround, clipBox, growBox, type Size } from "./box.js";
import type { PartTables } from "./parts.js";

/** How many pixels of the part lie above and left of each corner of a patch's pixels (integral image). */
function sumsOf({ width, height, values }: MaskPatch, holds: Uint8Array): Int32Array {
  const row = width + 1;
  const sums = new Int32Array(row * (height + 1));
  for (let y = 0; y < height; y++) {
    let line = 0;
    for (let x = 0; x < width; x++) {
      line += holds[values[y * width + x]];
      sums[(y + 1) * row + x + 1] = sums[y * row + x + 1] + line;
    }
  }
  return sums;
}

/** The most frequent byte without the part in a window of a patch; of equally frequent ones the smallest. */
function commonest({ width, values }: MaskPatch, holds: Uint8Array, window: Window): number {
  const counts = new Int32Array(256);
  for (let y = window.top; y < window.bottom; y++)
    for (let x = window.left; x < window.right; x++) counts[values[y * width + x]]++;
  let best = 0;
  for (let code = 1; code < 256; code++) if (holds[code] === 0 && counts[code] > counts[best]) best = code;
  return best;
}

/** Columns and rows of a window, the last ones not included. */
interface Window {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The first row of a window and the one after its last. */
function reach(row: number, radius: number, rows: number): [number, number] {
  return [Math.max(0, row - radius), Math.min(rows, row + radius + 1)];
}

/**
 * What the surroundings of a part hold once it is smoothed.
 * @param radius pixels from the middle of the square to its edge
 * @param isExclusive whether a pixel that the part leaves belongs to another part
 * @returns null where there is nothing of the part
 */
export function smoothPart(
  codes: Uint8Array,
  size: Size,
  { holds, paint, erase }: PartTables,
  radius: number,
  isExclusive: boolean,
): MaskPatch | null {
  const around = boxAround({ x: 0, y: 0, ...size }, size.width, (index) => holds[codes[index]] !== 0);
  const box = around && clipBox(growBox(around, radius), size);
  if (box === null) return null;
  // What the windows of the outermost pixels see; beyond the image there is nothing to count.
  const seen = clipBox(growBox(box, radius), size) as Box;
  const patch = cutMaskPatch(codes, size.width, seen);
  const sums = sumsOf(patch, holds);
  const line = patch.width + 1;
  const result = cutMaskPatch(codes, size.width, box);
  for (let y = 0, at = 0; y < box.height; y++) {
    const [top, bottom] = reach(y + box.y - patch.y, radius, patch.height);
    for (let x = 0; x < box.width; x++, at++) {
      const column = x + box.x - patch.x;
      const left = Math.max(0, column - radius);
      const right = Math.min(patch.width, column + radius + 1);
      const inPart =
        sums[bottom * line + right] - sums[bottom * line + left] - sums[top * line + right] + sums[top * line + left];
      const balance = 2 * inPart - (right - left) * (bottom - top);
      const code = result.values[at];
      if (balance > 0 && holds[code] === 0) result.values[at] = paint[code];
      if (balance < 0 && holds[code] !== 0)
        result.values[at] = isExclusive ? commonest(patch, holds, { left, right, top, bottom }) : erase[code];
    }
  }
  return result;
}
