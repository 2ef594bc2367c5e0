/** Rectangles of whole pixels; the first pixel of an image is (0, 0). */

/** Columns and rows. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Columns `x` to `x + width - 1`, rows `y` to `y + height - 1`. */
export interface Box extends Size {
  readonly x: number;
  readonly y: number;
}

/** The smallest box that holds both. */
export function joinBoxes(a: Box | null, b: Box | null): Box | null {
  if (a === null || b === null) return a ?? b;
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  const [right, bottom] = [Math.max(a.x + a.width, b.x + b.width), Math.max(a.y + a.height, b.y + b.height)];
  return { x, y, width: right - x, height: bottom - y };
}

/** The part of a box that lies on an image; null where none does. */
export function clipBox(box: Box, size: Size): Box | null {
  const [x, y] = [Math.max(box.x, 0), Math.max(box.y, 0)];
  const [right, bottom] = [Math.min(box.x + box.width, size.width), Math.min(box.y + box.height, size.height)];
  return right > x && bottom > y ? { x, y, width: right - x, height: bottom - y } : null;
}

/** A box with so many pixels more on every side. */
export function growBox({ x, y, width, height }: Box, by: number): Box {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}

/** The box around all pixels for which something holds within a box; null where it holds for none. */
export function boxAround(within: Box, columns: number, holds: (index: number) => boolean): Box | null {
  let [left, right, top, bottom] = [Number.POSITIVE_INFINITY, -1, -1, -1];
  for (let y = within.y; y < within.y + within.height; y++) {
    const [start, end] = [y * columns + within.x, y * columns + within.x + within.width];
    let first = start;
    while (first < end && !holds(first)) first++;
    if (first === end) continue;
    let last = end - 1;
    while (!holds(last)) last--;
    left = Math.min(left, first - y * columns);
    right = Math.max(right, last - y * columns);
    if (top < 0) top = y;
    bottom = y;
  }
  return top < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}
