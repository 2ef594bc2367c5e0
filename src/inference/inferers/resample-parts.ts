/**
 * Linear resampling of an answer to another grid over the same field of view, part by part as the answer comes, so that
 * class probabilities are resampled before they become labels and yet never lie in memory for the whole image. Outer
 * edges stay where they are, as everywhere (`align_corners=False`).
 */
import { type Neighbours, neighboursAlong } from "../../grid/linear.js";
import { cat, empty, fromTypedArray, persist, scope, type Tensor } from "../../torch/index.js";
import { type Column, resamplingReach } from "./columns.js";
import type { AnswerPart, PlacedPart } from "./inferer.js";

/** Positions from the first to before the second. */
type Range = readonly [from: number, to: number];

/** The first position of a column, or of its part that begins there, whose new positions are the column's own. */
function firstOwn(position: number, columnFrom: number): number {
  return position === columnFrom && columnFrom > 0 ? position + resamplingReach : position;
}

/** The new positions whose later neighbour is among the old ones from `first` to before `end`, as a range. */
function settledRange({ high }: Neighbours, first: number, end: number): Range {
  const from = high.findIndex((at) => at >= first);
  const to = high.findIndex((at) => at >= end);
  return [from < 0 ? high.length : from, to < 0 ? high.length : to];
}

/** Values of new positions `from` to before `to` along an axis of a piece that begins at old position `first`. */
function interpolate(piece: Tensor, axis: number, along: Neighbours, first: number, [from, to]: Range): Tensor {
  const indices = (list: readonly number[]) =>
    fromTypedArray(
      BigInt64Array.from(list.slice(from, to), (at) => BigInt(at - first)),
      [to - from],
      {
        device: piece.device,
      },
    );
  const weight = fromTypedArray(Float32Array.from(along.weight.slice(from, to)), [to - from], { device: piece.device });
  const shape = piece.shape.map((_, a) => (a === axis ? -1 : 1));
  const low = piece.indexSelect(axis, indices(along.low));
  return low.lerp(piece.indexSelect(axis, indices(along.high)), weight.reshape(shape));
}

/** Takes parts on one grid and hands them on on another. */
export class PartResampler {
  private readonly axes: readonly Neighbours[];
  private readonly flat: boolean;
  private column: Column | null = null;
  /** The column's last plane [K, 1, H, W] of the layer before this one, and of this one as far as it has come. */
  private planeBefore: Tensor | null = null;
  private plane: Tensor | null = null;
  /** The last line [K, depth, 1, W] of the part before this one in its layer. */
  private line: Tensor | null = null;
  private layer = 0;

  /** @param from,to shapes of the grids, `[y, x]` or `[z, y, x]` */
  constructor(
    from: readonly number[],
    to: readonly number[],
    private readonly next: (part: PlacedPart) => void,
  ) {
    this.flat = from.length === 2;
    const [old, wanted] = this.flat
      ? [
          [1, ...from],
          [1, ...to],
        ]
      : [from, to];
    this.axes = old.map((side, axis) => neighboursAlong(side, wanted[axis]));
  }

  take({ probabilities, from, column }: AnswerPart): void {
    scope(() => {
      const part = this.flat ? probabilities.unsqueeze(1) : probabilities;
      const [z, y] = this.flat ? [0, ...from] : from;
      if (column !== this.column) this.beginColumn(column, z);
      else if (z !== this.layer) this.beginLayer(z);
      const [, depth, height] = part.shape;
      const line = y - column.y.from;
      this.keepPlane(part, line, column);
      const above = this.planeBefore ? cat([this.planeBefore.narrow(2, line, height), part], 1) : part;
      const piece = this.line ? cat([this.line, above], 2) : above;
      this.line?.dispose();
      this.line = persist(piece.narrow(2, piece.shape[2] - 1, 1).clone());
      const firsts = [z + depth - piece.shape[1], y + height - piece.shape[2], column.x.from] as const;
      const [zs, ys, xs] = this.axes;
      this.handOn(piece, firsts, [
        settledRange(zs, z, z + depth),
        settledRange(ys, firstOwn(y, column.y.from), y + height),
        settledRange(xs, firstOwn(column.x.from, column.x.from), column.x.to),
      ]);
    });
  }

  private beginColumn(column: Column, z: number): void {
    this.dispose();
    [this.column, this.planeBefore, this.plane, this.line, this.layer] = [column, null, null, null, z];
  }

  private beginLayer(z: number): void {
    this.planeBefore?.dispose();
    this.line?.dispose();
    [this.planeBefore, this.plane, this.line, this.layer] = [this.plane, null, null, z];
  }

  /** Keeps the last plane of a part, which begins at a line of its column, for the layer that follows. */
  private keepPlane(part: Tensor, line: number, { y }: Column): void {
    const [classes, depth, height, width] = part.shape;
    this.plane ??= persist(empty([classes, 1, y.to - y.from, width], { device: part.device }));
    this.plane.narrow(2, line, height).copy_(part.narrow(1, depth - 1, 1));
  }

  /** New planes, one after the other, of new lines and columns, from a piece that begins at old positions `firsts`. */
  private handOn(
    piece: Tensor,
    firsts: readonly [z: number, y: number, x: number],
    [planes, lines, columns]: readonly [Range, Range, Range],
  ): void {
    if (lines[0] >= lines[1] || columns[0] >= columns[1]) return;
    const [zs, ys, xs] = this.axes;
    for (let z = planes[0]; z < planes[1]; z++) {
      scope(() => {
        const plane = interpolate(piece, 1, zs, firsts[0], [z, z + 1]);
        const rows = interpolate(plane, 2, ys, firsts[1], lines);
        const probabilities = interpolate(rows, 3, xs, firsts[2], columns);
        const from = [lines[0], columns[0]];
        if (this.flat) this.next({ probabilities: probabilities.squeeze(1), from });
        else this.next({ probabilities, from: [z, ...from] });
      });
    }
  }

  /** Frees what it kept. */
  dispose(): void {
    for (const tensor of [this.planeBefore, this.plane, this.line]) tensor?.dispose();
  }
}
