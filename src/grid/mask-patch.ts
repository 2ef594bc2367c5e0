/**
 * A rectangle of a mask that changed, and what stands in it now. Putting the same patch in place twice is the same as
 * once, so that a patch of which nobody knows whether it arrived may be sent again.
 */
import { DataError } from "../core/errors.js";
import { decodeRuns, encodeRuns } from "./runs.js";

/** Columns `x` to `x + width - 1` and rows `y` to `y + height - 1`; the first pixel is (0, 0). */
export interface MaskPatch {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The codes that stand there, `[height, width]`. */
  readonly values: Uint8Array;
}

/** Four whole numbers of four bytes each. */
const headBytes = 16;

/** A patch as bytes: x, y, width and height as little-endian 32-bit numbers, then the runs of its values. */
export function encodeMaskPatch({ x, y, width, height, values }: MaskPatch): Uint8Array {
  const bytes = encodeRuns(values, headBytes);
  const head = new DataView(bytes.buffer);
  [x, y, width, height].forEach((number, i) => {
    head.setUint32(4 * i, number, true);
  });
  return bytes;
}

/**
 * The patch that bytes hold. They may come from anywhere: nothing larger than the mask is made of them.
 * @param size columns and rows of the mask that it is for
 * @throws DataError for bytes that hold no patch, or one that reaches out of the mask
 */
export function decodeMaskPatch(bytes: Uint8Array, size: { width: number; height: number }): MaskPatch {
  if (bytes.length < headBytes) throw new DataError(`a change of a mask is cut off after ${bytes.length} bytes`);
  const head = new DataView(bytes.buffer, bytes.byteOffset, headBytes);
  const [x, y, width, height] = [0, 4, 8, 12].map((at) => head.getUint32(at, true));
  if (width === 0 || height === 0 || x + width > size.width || y + height > size.height)
    throw new DataError(
      `a change of ${width} x ${height} pixels at column ${x}, row ${y} does not fit into a mask of ` +
        `${size.width} x ${size.height}`,
    );
  return { x, y, width, height, values: decodeRuns(bytes.subarray(headBytes), width * height) };
}

/** The patch that a rectangle of a mask would be now. */
export function cutMaskPatch(
  mask: Uint8Array,
  columns: number,
  { x, y, width, height }: Omit<MaskPatch, "values">,
): MaskPatch {
  const values = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const first = (y + row) * columns + x;
    values.set(mask.subarray(first, first + width), row * width);
  }
  return { x, y, width, height, values };
}

/** Puts a patch into a mask, in place. */
export function applyMaskPatch(mask: Uint8Array, columns: number, { x, y, width, height, values }: MaskPatch): void {
  for (let row = 0; row < height; row++)
    mask.set(values.subarray(row * width, (row + 1) * width), (y + row) * columns + x);
}
