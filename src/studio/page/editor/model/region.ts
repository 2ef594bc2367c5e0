/** A set of pixels within a box. */
import { type Polygon, togglePolygon } from "../../../../grid/polygon.js";
import { type Box, clipBox, type Size } from "./box.js";
import type { Point } from "./brush.js";

/** Pixels of a box: `covered` is `[height, width]`, 1 for those that belong. */
export interface Region {
  readonly box: Box;
  readonly covered: Uint8Array;
}

/**
 * The pixels of an outline, by the rule that contours of files follow too (even-odd, `togglePolygon`).
 * @param corners at least three; the centre of the first pixel is (0, 0)
 * @returns null where no pixel of the image is in it
 */
export function polygonRegion(corners: readonly Point[], size: Size): Region | null {
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  const [left, top] = [Math.floor(Math.min(...xs)), Math.floor(Math.min(...ys))];
  const around = { x: left, y: top, width: Math.ceil(Math.max(...xs)) - left + 1, height: 0 };
  const box = clipBox({ ...around, height: Math.ceil(Math.max(...ys)) - top + 1 }, size);
  if (corners.length < 3 || box === null) return null;
  const covered = new Uint8Array(box.width * box.height);
  const outline: Polygon = corners.map(({ x, y }) => [x, y]);
  togglePolygon(covered, box.width, outline, box);
  return covered.includes(1) ? { box, covered } : null;
}
