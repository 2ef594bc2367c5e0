/** The spacing at which networks of volumes work. */
import type { Grid } from "../../../grid/grid.js";
import { type SlicePlane, sliceOrder } from "../../../grid/slices.js";
import { percentileInPlace } from "../../../statistics/percentile.js";
import type { DatasetFileInput } from "../../schema.js";

/** Spacings that differ by less than this share are the same. */
const tolerance = 0.01;

/** Millimetres between slices, rows and columns. */
function spacingOf(grid: Grid, along: SlicePlane): readonly number[] | null {
  const { spacing, shape } = grid;
  return spacing && shape.length === 3 ? sliceOrder(grid, along).axes.map((axis) => spacing[axis]) : null;
}

/**
 * The median along each axis, as nnU-Net has it, where the volumes' own spacings differ; nothing where they are all alike or
 * some are not known.
 */
export function guessResample(
  grids: readonly Grid[],
  along: SlicePlane,
  guesses: string[],
): Pick<DatasetFileInput, "resample"> {
  const spacings = grids.map((grid) => spacingOf(grid, along));
  const known = spacings.flatMap((spacing) => (spacing ? [spacing] : []));
  if (known.length < grids.length || known.length === 0) return {};
  const median = [0, 1, 2].map((axis) =>
    percentileInPlace(
      Float64Array.from(known, (one) => one[axis]),
      50,
    ),
  );
  const differs = known.some((one) =>
    one.some((size, axis) => Math.abs(size - median[axis]) > tolerance * median[axis]),
  );
  if (!differs) return {};
  const resample = median.map((size) => Number(size.toPrecision(4))) as [number, number, number];
  guesses.push(
    `resample: networks of volumes (unet-3d and others) work at ${resample.join(" x ")} mm between slices, rows and columns, ` +
      "the median of all volumes, as spacings differ; networks of pictures see slices as they are",
  );
  return { resample };
}
