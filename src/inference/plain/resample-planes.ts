/**
 * Linear resampling of an answer in plain arrays to another grid over the same field of view, plane by plane of each column as
 * they are settled: what `PartResampler` does with tensors.
 */
import { interpolateAxis, interpolated, type Neighbours, neighboursAlong } from "../../grid/linear.js";
import type { PlacedBox } from "../../grid/place-box.js";
import { type Column, resamplingReach } from "../inferers/columns.js";
import type { Stretch } from "../inferers/windows.js";

/** Values on a piece of a plane. */
export interface PlainBox extends PlacedBox {
  /** `[K, lines, columns]` */
  readonly values: Float32Array;
}

/** New positions along an axis whose later neighbour is a column's own, counted from the column's first, and the first of them. */
function ownPositions(along: Neighbours, { from, to }: Stretch): { own: Neighbours; first: number } {
  const settled = (at: number) => at >= from + (from > 0 ? resamplingReach : 0) && at < to;
  const places = [...along.high.keys()].filter((i) => settled(along.high[i]));
  const pick = (list: readonly number[], less: number) => places.map((i) => list[i] - less);
  const own = { low: pick(along.low, from), high: pick(along.high, from), weight: pick(along.weight, 0) };
  return { own, first: places[0] ?? 0 };
}

/** Takes planes on one grid and hands them on on another. */
export class PlaneResampler {
  private readonly axes: readonly Neighbours[];
  /** The plane before, in its new size. */
  private before: Float32Array = new Float32Array(0);

  /** @param from,to shapes of the grids, `[z, y, x]` */
  constructor(
    from: readonly number[],
    to: readonly number[],
    private readonly next: (box: PlainBox) => void,
  ) {
    this.axes = from.map((side, axis) => neighboursAlong(side, to[axis]));
  }

  /** @param plane `[K, lines, width]` of a column */
  take(plane: Float32Array, z: number, column: Column): void {
    const [zs, ys, xs] = this.axes;
    const [y, x] = [ownPositions(ys, column.y), ownPositions(xs, column.x)];
    const [lines, width] = [column.y, column.x].map(({ from, to }) => to - from);
    const extent = [y.own.low.length, x.own.low.length] as const;
    if (extent.includes(0)) return;
    const own = interpolateAxis(interpolateAxis(plane, 1, width, x.own), extent[1], lines, y.own);
    for (let i = zs.high.indexOf(z); i >= 0 && zs.high[i] === z; i++) {
      const low = zs.low[i] === z ? own : this.before;
      this.next({ values: interpolated(low, own, zs.weight[i]), extent, from: [i, y.first, x.first] });
    }
    this.before = own;
  }
}
