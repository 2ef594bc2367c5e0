/**
 * Closed outlines as star-shaped curves: an ellipse with a few harmonics on its radius.
 * The level of a point (1 on the curve, below 1 inside) decides masks exactly and paints soft edges.
 */
import type { RandomStream } from "../core/random.js";

const tableSize = 256;

/** A star-shaped curve about (x, y); positions and radii in the unit of the caller's coordinates. */
export interface Outline {
  x: number;
  y: number;
  radiusX: number;
  radiusY: number;
  /** turn of the ellipse in radians, from x towards y */
  angle: number;
  /** radius relative to the ellipse at `tableSize` angles, the first repeated at the end */
  table: Float32Array;
}

/** Draws an outline whose radius wobbles by harmonics 2 … 6 of standard deviation `wobble/order`. */
export function drawOutline(
  stream: RandomStream,
  ellipse: { x: number; y: number; radiusX: number; radiusY: number; angle: number },
  wobble: number,
): Outline {
  const harmonics = [2, 3, 4, 5, 6].map((order) => ({
    order,
    amount: stream.normal(0, (2 * wobble) / order),
    phase: stream.uniform(0, 2 * Math.PI),
  }));
  const table = Float32Array.from({ length: tableSize + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / tableSize;
    return harmonics.reduce((sum, h) => sum + h.amount * Math.cos(h.order * angle + h.phase), 1);
  });
  return { ...ellipse, table };
}

/** Level of a point: distance from the centre divided by the curve's radius in that direction. */
export function outlineLevel(outline: Outline, x: number, y: number): number {
  const cos = Math.cos(outline.angle);
  const sin = Math.sin(outline.angle);
  const dx = x - outline.x;
  const dy = y - outline.y;
  const u = (cos * dx + sin * dy) / outline.radiusX;
  const v = (cos * dy - sin * dx) / outline.radiusY;
  const turn = (Math.atan2(v, u) / (2 * Math.PI) + 1) * tableSize;
  const whole = Math.floor(turn);
  const at = whole % tableSize;
  const radius = outline.table[at] + (turn - whole) * (outline.table[at + 1] - outline.table[at]);
  return Math.sqrt(u * u + v * v) / radius;
}

/**
 * The levels of all pixel centres of a unit square, `[size, size]`; infinite outside `reach` times the outline's
 * larger radius, where nobody looks.
 */
export function levelField(outline: Outline, size: number, reach = Number.POSITIVE_INFINITY): Float32Array {
  const field = new Float32Array(size * size).fill(Number.POSITIVE_INFINITY);
  const limit = reach * Math.max(outline.radiusX, outline.radiusY);
  const first = (centre: number): number => Math.max(0, Math.floor((centre - limit) * size));
  const last = (centre: number): number => Math.min(size, Math.ceil((centre + limit) * size));
  for (let y = first(outline.y); y < last(outline.y); y++)
    for (let x = first(outline.x); x < last(outline.x); x++)
      field[y * size + x] = outlineLevel(outline, (x + 0.5) / size, (y + 0.5) / size);
  return field;
}
