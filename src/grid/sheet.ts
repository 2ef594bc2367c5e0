/**
 * Sheets: several slices of a volume laid out as one picture, each as large as it is in the patient, with the letters of
 * the patient's sides. The layout is geometry alone; it holds for every grid over the same field of view whose axes run
 * the same way, so that an image and label maps of other shapes are drawn on one sheet.
 */
import { type Focus, indexAt } from "./focus.js";
import type { Grid } from "./grid.js";
import { edgeLetters, orderedGrid, type SliceOrder, type SlicePlane, SliceStack, sliceOrder } from "./slices.js";
import type { StoredImage } from "./stored-image.js";

/** One slice on a sheet. */
export interface SheetCell {
  readonly order: SliceOrder;
  /** Where it is cut, as a share of the volume's extent along `order.axes[0]`. */
  readonly at: number;
  /** In pixels of the sheet. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Text on a sheet; `x` and `y` are its middle, in pixels of the sheet. */
export interface SheetWord {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** A layout, in pixels. */
export interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly cells: readonly SheetCell[];
  readonly words: readonly SheetWord[];
}

const gap = 6;
/** How far letters stand from the edges, in pixels. */
const inset = 11;

/** The three ways to cut a volume whose place in the patient nobody knows: through each of its axes, as stored. */
const byAxis = [
  [0, 1, 2],
  [1, 0, 2],
  [2, 0, 1],
] as const;

/** Axial, coronal and sagittal; of a volume without a place, the planes of its own axes. A plane of one line is none. */
function threeOrders(grid: Grid): SliceOrder[] {
  const orders: SliceOrder[] = grid.toWorld
    ? (["axial", "coronal", "sagittal"] as const).map((plane) => sliceOrder(grid, plane))
    : byAxis.map((axes) => ({ axes, reversed: [false, false, false] }));
  const planes = orders.filter(({ axes }) => grid.shape[axes[1]] > 1 && grid.shape[axes[2]] > 1);
  return planes.length > 0 ? planes : orders;
}

/** Sides of the volume along its axes in mm; voxels are cubes where nobody knows their spacing. */
function sidesOf({ shape, spacing }: Grid): number[] {
  return shape.map((extent, axis) => extent * (spacing?.[axis] ?? 1));
}

/** Rows and columns of a slice in pixels. */
function cellSize(grid: Grid, { axes }: SliceOrder, pixelsPerMm: number): { width: number; height: number } {
  const sides = sidesOf(grid);
  const [height, width] = [axes[1], axes[2]].map((axis) => Math.max(1, Math.round(sides[axis] * pixelsPerMm)));
  return { width, height };
}

/** The letters at the four edges of a cell; none where there is no room or nobody knows. */
function lettersOf(grid: Grid, { order, left, top, width, height }: SheetCell): SheetWord[] {
  const letters = edgeLetters(orderedGrid(grid, order));
  if (!letters || Math.min(width, height) < 4 * inset) return [];
  const [x, y] = [left + width / 2, top + height / 2];
  return [
    { text: letters.left, x: left + inset, y },
    { text: letters.right, x: left + width - inset, y },
    { text: letters.top, x, y: top + inset },
    { text: letters.bottom, x, y: top + height - inset },
  ];
}

/**
 * Three planes side by side: axial, coronal and sagittal through a place, all at one scale, as radiologists look at them
 * (the patient's right on the left). A volume that does not know its place shows the planes of its axes, without letters.
 * @param grid  of the volume, `[z, y, x]` in any order of the patient's axes
 * @param focus in the grid's order
 * @param side  the volume's longest side, in pixels
 */
export function threePlaneSheet(grid: Grid, focus: Focus, side = 240): Sheet {
  const scale = side / Math.max(...sidesOf(grid));
  const sized = threeOrders(grid).map((order) => ({
    ...{ order, at: focus[order.axes[0]] },
    ...cellSize(grid, order, scale),
  }));
  const height = Math.max(...sized.map((cell) => cell.height));
  let left = 0;
  const cells = sized.map((cell) => {
    const placed = { ...cell, left, top: Math.floor((height - cell.height) / 2) };
    left += cell.width + gap;
    return placed;
  });
  return { width: left - gap, height, cells, words: cells.flatMap((cell) => lettersOf(grid, cell)) };
}

/**
 * Slices of one plane in rows, each with its number from the first: `12/35`.
 * @param grid  of the volume, `[z, y, x]`
 * @param at    where it is cut, as shares of its extent along the plane's own axis
 * @param side  the longer side of a slice, in pixels
 */
export function montageSheet(grid: Grid, plane: SlicePlane, at: readonly number[], side = 150, columns = 4): Sheet {
  const order = sliceOrder(grid, plane);
  const sides = sidesOf(grid);
  const size = cellSize(grid, order, side / Math.max(sides[order.axes[1]], sides[order.axes[2]]));
  // Ascending in the patient, whatever way the file has them.
  const ordered = [...at].sort((a, b) => (order.reversed[0] ? b - a : a - b));
  const cells = ordered.map((share, i) => ({
    ...{ order, at: share, ...size },
    left: (i % columns) * (size.width + gap),
    top: Math.floor(i / columns) * (size.height + gap),
  }));
  const count = grid.shape[order.axes[0]];
  const numbers = cells.map(({ at: share, left, top, height }) => ({
    text: `${sliceAt(order, share, count) + 1}/${count}`,
    x: left + 2.4 * inset,
    y: top + height - inset,
  }));
  return {
    width: Math.min(columns, cells.length) * (size.width + gap) - gap,
    height: Math.ceil(cells.length / columns) * (size.height + gap) - gap,
    cells,
    words: numbers,
  };
}

/** The slice of a stack in this order that is cut at a share of the volume's extent. @param count of the stack's slices */
export function sliceAt({ reversed }: SliceOrder, at: number, count: number): number {
  const index = indexAt(at, count);
  return reversed[0] ? count - 1 - index : index;
}

/** The slice of a volume in a cell. */
export function sliceIn(volume: StoredImage, { order, at }: Pick<SheetCell, "order" | "at">): StoredImage {
  const stack = new SliceStack(volume, order);
  return stack.slice(sliceAt(order, at, stack.count));
}
