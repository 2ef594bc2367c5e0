/**
 * The pixels under a round brush drawn from one point to another: those whose centre lies no further from the segment
 * than the radius. That shape is convex, so that a row of pixels holds one span of it and a stroke costs what it covers.
 */
import type { Box, Size } from "./box.js";

/** A place in pixels; the centre of the first pixel is (0, 0). */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Called with a row and the first and last column of its span. */
export type TakeSpan = (row: number, first: number, last: number) => void;

/** So that rounding decides no pixel: centres just at the edge are covered. */
const slack = 1e-6;

/**
 * Where a brush of whole diameter stands for a place of the pointer: on the middle of a pixel where the diameter is odd,
 * between pixels where it is even, so that it covers the same shape wherever it stands.
 * @param at place of the pointer; the corner of the first pixel is (0, 0)
 */
export function brushCentre(at: Point, diameter: number): Point {
  if (diameter % 2 === 1) return { x: Math.floor(at.x), y: Math.floor(at.y) };
  return { x: Math.round(at.x) - 0.5, y: Math.round(at.y) - 0.5 };
}

/** The columns of a row that an end of the segment reaches, widened into `span`. */
function reachDisc(centre: Point, radius: number, row: number, span: [number, number]): void {
  const left = radius ** 2 - (row - centre.y) ** 2;
  if (left < 0) return;
  const half = Math.sqrt(left);
  span[0] = Math.min(span[0], centre.x - half);
  span[1] = Math.max(span[1], centre.x + half);
}

/** The columns of a row between the two long sides of the segment's rectangle, widened into `span`. */
function reachSides(from: Point, to: Point, radius: number, row: number, span: [number, number]): void {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length === 0) return;
  const [acrossX, acrossY] = [(-(to.y - from.y) / length) * radius, ((to.x - from.x) / length) * radius];
  for (const side of [-1, 1]) {
    const [x0, y0] = [from.x + side * acrossX, from.y + side * acrossY];
    const [x1, y1] = [to.x + side * acrossX, to.y + side * acrossY];
    if (y0 === y1 || row < Math.min(y0, y1) || row > Math.max(y0, y1)) continue;
    const x = x0 + ((row - y0) / (y1 - y0)) * (x1 - x0);
    span[0] = Math.min(span[0], x);
    span[1] = Math.max(span[1], x);
  }
}

/** Calls back with the spans of a brush that goes straight from one point to another, as far as they lie on the image. */
export function brushSpans(from: Point, to: Point, diameter: number, size: Size, take: TakeSpan): void {
  const radius = diameter / 2 + slack;
  const [top, bottom] = [Math.min(from.y, to.y) - radius, Math.max(from.y, to.y) + radius];
  for (let row = Math.max(0, Math.ceil(top)); row <= Math.min(size.height - 1, Math.floor(bottom)); row++) {
    const span: [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    reachDisc(from, radius, row, span);
    reachDisc(to, radius, row, span);
    reachSides(from, to, radius, row, span);
    const [first, last] = [Math.max(0, Math.ceil(span[0])), Math.min(size.width - 1, Math.floor(span[1]))];
    if (first <= last) take(row, first, last);
  }
}

/** A box that holds all that {@link brushSpans} may cover. */
export function brushBox(from: Point, to: Point, diameter: number): Box {
  const reach = diameter / 2 + slack;
  const [x, y] = [Math.floor(Math.min(from.x, to.x) - reach), Math.floor(Math.min(from.y, to.y) - reach)];
  const [right, bottom] = [Math.ceil(Math.max(from.x, to.x) + reach), Math.ceil(Math.max(from.y, to.y) + reach)];
  return { x, y, width: right - x + 1, height: bottom - y + 1 };
}
