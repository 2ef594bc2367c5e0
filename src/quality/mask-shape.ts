/** Size, place and form of a mask in sums that can be added up over the slices of a volume. */
import { connectedComponents } from "../grid/components.js";

/** Sums over the pixels of a mask; positions are shares of the sides, 0 to 1. */
export interface ShapeSums {
  pixels: number;
  area: number;
  row: number;
  column: number;
  rowSquared: number;
  columnSquared: number;
  /** Pixels with a neighbour in their row or column that is none. */
  boundary: number;
  components: number;
  /** Pictures, or whole volumes, that hold something. */
  pictures: number;
}

export const noShape = (): ShapeSums => ({
  pixels: 0,
  area: 0,
  row: 0,
  column: 0,
  rowSquared: 0,
  columnSquared: 0,
  boundary: 0,
  components: 0,
  pictures: 0,
});

/** Adds a picture's mask `[H, W]`, or a volume's `[D, H, W]`. */
export function addShape(sums: ShapeSums, mask: Uint8Array, shape: readonly number[]): void {
  const [height, width] = shape.slice(-2);
  sums.pixels += mask.length;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const column = i % width;
    const row = Math.floor(i / width) % height;
    const [y, x] = [(row + 0.5) / height, (column + 0.5) / width];
    sums.area++;
    sums.row += y;
    sums.column += x;
    sums.rowSquared += y * y;
    sums.columnSquared += x * x;
    const inside =
      (column === 0 || mask[i - 1] !== 0) &&
      (column === width - 1 || mask[i + 1] !== 0) &&
      (row === 0 || mask[i - width] !== 0) &&
      (row === height - 1 || mask[i + width] !== 0);
    if (!inside) sums.boundary++;
  }
  const components = connectedComponents(mask, shape).sizes.length;
  sums.components += components;
  if (components > 0) sums.pictures++;
}

/** Pieces that a mask falls into, of a volume that is seen slice by slice those of a slice. @param sums of a mask that holds something */
export function piecesOf({ components, pictures }: ShapeSums): number {
  return components / pictures;
}

/** Of a variance: half a hundredth of a side squared, less than a pixel. */
const leastVariance = 2.5e-5;

/**
 * What is compared of shapes: log of the share of the image, centre by row and column, log of the spread by row and column,
 * log of the boundary's length by the root of the area, log of the number of components.
 * @param sums of a mask that holds something
 */
export function shapeDescriptors(sums: ShapeSums): number[] {
  const { pixels, area, row, column, rowSquared, columnSquared, boundary, components } = sums;
  const [y, x] = [row / area, column / area];
  return [
    Math.log(area / pixels),
    ...[y, x],
    0.5 * Math.log(Math.max(leastVariance, rowSquared / area - y * y)),
    0.5 * Math.log(Math.max(leastVariance, columnSquared / area - x * x)),
    Math.log((boundary + 1) / Math.sqrt(area)),
    Math.log(components),
  ];
}
