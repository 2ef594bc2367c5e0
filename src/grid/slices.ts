/**
 * A volume seen as a stack of pictures. Which axis of the array runs through the slices, and which way round they are
 * shown, follows from where the volume lies in the body (grid.ts), so that volumes stored in any order look alike:
 * rows run towards posterior in axial and towards inferior in sagittal and coronal slices, columns towards the patient's
 * left in axial and coronal and towards posterior in sagittal ones, as radiologists look at them.
 */
import { UsageError } from "../core/errors.js";
import { type Affine, type Grid, makeGrid, voxelCount, worldOf } from "./grid.js";
import { type Samples, type StoredImage, samplesLike } from "./stored-image.js";

/** Along which planes a volume is cut; `stored`: as its file has it, the slowest axis runs through the slices. */
export const slicePlanes = ["axial", "coronal", "sagittal", "stored"] as const;
/** One of {@link slicePlanes}. */
export type SlicePlane = (typeof slicePlanes)[number];

/** From the axes of a volume to slices, rows and columns: for each of these the array's axis, and whether it is reversed. */
export interface SliceOrder {
  readonly axes: readonly [number, number, number];
  readonly reversed: readonly [boolean, boolean, boolean];
}

const asStored: SliceOrder = { axes: [0, 1, 2], reversed: [false, false, false] };

/** World axes (0 x, 1 y, 2 z) and directions of slices, rows and columns. */
const wanted: Record<Exclude<SlicePlane, "stored">, readonly (readonly [axis: number, direction: 1 | -1])[]> = {
  axial: [
    [2, 1],
    [1, 1],
    [0, 1],
  ],
  coronal: [
    [1, 1],
    [2, -1],
    [0, 1],
  ],
  sagittal: [
    [0, 1],
    [2, -1],
    [1, 1],
  ],
};

const permutations = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/** How nearly an axis of the array runs along a world axis, −1 to 1. */
function cosine(toWorld: Affine, world: number, axis: number): number {
  return toWorld[world][axis] / Math.hypot(...toWorld.map((row) => row[axis]));
}

/** For x, y and z the axis of the array that runs along it, each axis once, as nearly as they can together. */
function nearestAxes(toWorld: Affine): readonly number[] {
  const closeness = (order: readonly number[]) =>
    order.reduce((sum, axis, world) => sum + Math.abs(cosine(toWorld, world, axis)), 0);
  // A rounding error does not decide between axes that lie in the middle.
  return permutations.reduce((best, one) => (closeness(one) > closeness(best) + 1e-6 ? one : best));
}

/** Letters of the directions in which x, y and z grow and shrink. */
const letters = ["LR", "PA", "SI"] as const;

/** An axis further from its direction than this, as a cosine, is oblique: about 5 degrees. */
const straight = 0.996;

/**
 * Towards what the axes of the array run, the fastest first, as `RAS` or `LPS`; `oblique` is added where one of them is
 * turned by more than 5 degrees. Null where nobody knows.
 */
export function orientationCode({ toWorld }: Grid): string | null {
  if (toWorld?.[0].length !== 4) return null;
  const nearest = nearestAxes(toWorld);
  const along = [2, 1, 0].map((axis) => {
    const world = nearest.indexOf(axis);
    return { world, cosine: cosine(toWorld, world, axis) };
  });
  const code = along.map((one) => letters[one.world][one.cosine > 0 ? 0 : 1]).join("");
  return along.some((one) => Math.abs(one.cosine) < straight) ? `${code} oblique` : code;
}

/** What lies beyond the edges of a slice. */
export interface EdgeLetters {
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

/**
 * The patient's sides at the edges of the slices of a volume: R or L, A or P, S or I; where the axes are oblique, the
 * nearest. Null where nobody knows.
 * @param grid `[slices, rows, columns]`
 */
export function edgeLetters({ toWorld }: Grid): EdgeLetters | null {
  if (toWorld?.[0].length !== 4) return null;
  const nearest = nearestAxes(toWorld);
  const [rows, columns] = [1, 2].map((axis) => {
    const world = nearest.indexOf(axis);
    const [towards, from] = letters[world];
    return cosine(toWorld, world, axis) > 0 ? { towards, from } : { towards: from, from: towards };
  });
  return { left: columns.from, right: columns.towards, top: rows.from, bottom: rows.towards };
}

/**
 * How a volume is cut along a plane; one that does not know its place in the world, as it is stored.
 * @param grid `[z, y, x]`
 */
export function sliceOrder({ toWorld }: Grid, plane: SlicePlane): SliceOrder {
  if (plane === "stored" || !toWorld) return asStored;
  const nearest = nearestAxes(toWorld);
  const axes = wanted[plane].map(([world]) => nearest[world]);
  const reversed = wanted[plane].map(([world, direction], i) => cosine(toWorld, world, axes[i]) * direction < 0);
  return { axes, reversed } as unknown as SliceOrder;
}

/** The volume's grid with its axes in the order of the slices. */
export function orderedGrid(grid: Grid, { axes, reversed }: SliceOrder): Grid {
  const { shape, spacing, toWorld } = grid;
  const first = shape.map((extent, axis) => (reversed[axes.indexOf(axis)] ? extent - 1 : 0));
  const origin = toWorld && worldOf(grid, first);
  const rows = toWorld?.map((row, r) => [
    ...axes.map((axis, i) => (reversed[i] ? 0 - row[axis] : row[axis])),
    (origin as number[])[r],
  ]);
  return makeGrid(
    "orderedGrid",
    axes.map((axis) => shape[axis]),
    spacing && axes.map((axis) => spacing[axis]),
    (rows as unknown as Affine | undefined) ?? null,
  );
}

/** The grid of one slice. @param grid `[slices, rows, columns]` */
export function sliceGrid({ shape, spacing, toWorld }: Grid, slice: number): Grid {
  const rows = toWorld?.map(([through, row, column, origin]) => [row, column, origin + slice * through]);
  return makeGrid(
    "sliceGrid",
    shape.slice(1),
    spacing?.slice(1) ?? null,
    (rows as unknown as Affine | undefined) ?? null,
  );
}

/** Where the first value of a stack lies in the stored array, and the steps to the next slice, row and column. */
function strides({ shape }: Pick<Grid, "shape">, { axes, reversed }: SliceOrder) {
  const stored = [shape[1] * shape[2], shape[2], 1];
  const steps = axes.map((axis, i) => (reversed[i] ? -stored[axis] : stored[axis]));
  const start = axes.reduce((sum, axis, i) => sum + (reversed[i] ? (shape[axis] - 1) * stored[axis] : 0), 0);
  return { start, steps };
}

/** A volume as its slices; they are copied out one at a time. */
export class SliceStack {
  /** `[slices, rows, columns]` */
  readonly grid: Grid;
  private readonly start: number;
  private readonly steps: readonly number[];

  /** @throws UsageError when the image is no volume */
  constructor(
    private readonly image: StoredImage,
    order: SliceOrder,
  ) {
    if (image.grid.shape.length !== 3)
      throw new UsageError(`SliceStack: the image has ${image.grid.shape.length} axes; give a volume`);
    this.grid = orderedGrid(image.grid, order);
    ({ start: this.start, steps: this.steps } = strides(image.grid, order));
  }

  get count(): number {
    return this.grid.shape[0];
  }

  /** One slice, 0-based, with samples of its own. */
  slice(index: number): StoredImage {
    const { samples, channels } = this.image;
    const [, rows, columns] = this.grid.shape;
    const [through, down, across] = this.steps;
    const voxels = voxelCount(this.grid);
    const own = samplesLike(samples, channels * rows * columns);
    let target = 0;
    for (let channel = 0; channel < channels; channel++)
      for (let row = 0; row < rows; row++) {
        let at = channel * voxels + this.start + index * through + row * down;
        for (let column = 0; column < columns; column++, at += across) own[target++] = samples[at];
      }
    return { grid: sliceGrid(this.grid, index), channels, samples: own };
  }
}

/**
 * Puts a slice's values back where its voxels are stored.
 * @param volume as the file has them, `grid.shape`; changed
 * @param grid   of the volume as stored
 * @param values `[rows, columns]` of the slice
 */
export function placeSlice<T extends Samples>(
  volume: T,
  grid: Grid,
  order: SliceOrder,
  index: number,
  values: T,
): void {
  const { start, steps } = strides(grid, order);
  const [through, down, across] = steps;
  const columns = grid.shape[order.axes[2]];
  for (let row = 0, source = 0; source < values.length; row++) {
    let at = start + index * through + row * down;
    for (let column = 0; column < columns; column++, at += across) volume[at] = values[source++];
  }
}
