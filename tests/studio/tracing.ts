/** The ways that a hand takes over an image to draw a shape that is known. Places are pixels, (0, 0) the middle of the first. */
import type { Point } from "../../src/studio/page/editor/model/brush.js";

/** Pixels of an image `[size, size]`. */
export interface Shape {
  readonly size: number;
  holds(x: number, y: number): boolean;
}

/** First and last column of each row that the shape has pixels in, from top to bottom. */
function runsOf({ size, holds }: Shape): { y: number; first: number; last: number }[] {
  return Array.from({ length: size }, (_, y) => {
    const columns = Array.from({ length: size }, (_, x) => x).filter((x) => holds(x, y));
    return { y, first: columns[0], last: columns.at(-1) as number };
  }).filter(({ first }) => first !== undefined);
}

/**
 * One stroke over all pixels of a shape without holes or bays, and over no other, for a brush of one pixel: to and fro,
 * row by row.
 */
export function fillingStroke(shape: Shape): Point[] {
  const way: Point[] = [];
  for (const { y, first, last } of runsOf(shape)) {
    const before = way.at(-1);
    // Straight down, from where both rows have a pixel.
    const x = Math.min(Math.max(before?.x ?? first, first), last);
    if (before && before.x !== x) way.push({ x, y: before.y });
    way.push({ x, y }, ...(x - first < last - x ? [first, last] : [last, first]).map((end) => ({ x: end, y })));
  }
  return way.filter(({ x, y }, i) => i === 0 || x !== way[i - 1].x || y !== way[i - 1].y);
}

/** The middle of a shape. */
export function middleOf(shape: Shape): Point {
  const runs = runsOf(shape);
  const { y, first, last } = runs[Math.floor(runs.length / 2)];
  return { x: Math.floor((first + last) / 2), y };
}

/** A closed stroke round a shape, so many pixels outside of its edge, as far as it lies on the image. */
export function ringStroke(shape: Shape, distance: number): Point[] {
  const { x, y } = middleOf(shape);
  const corners = 40;
  return Array.from({ length: corners + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / corners;
    const [across, down] = [Math.cos(angle), Math.sin(angle)];
    let reach = 0;
    while (shape.holds(Math.round(x + reach * across), Math.round(y + reach * down))) reach += 0.25;
    const inside = (value: number) => Math.min(Math.max(value, 0), shape.size - 1);
    return { x: inside(x + (reach + distance) * across), y: inside(y + (reach + distance) * down) };
  });
}
