/** What chance decides about patches of volumes, as plain data: a pure function of (seed, purpose, iteration, index). */
import type { RandomStream } from "../../core/random.js";
import { addressOf, type DrawKey, drawEach, type StreamAddress } from "../draws.js";
import type { VolumeProfile } from "./profile.js";

/** Where the voxels of one patch come from. */
export interface WarpDraw {
  /** From offsets from the patch's middle to those in the source, `[z, y, x]`. */
  readonly matrix: readonly (readonly number[])[];
  /** Largest movement in voxels, and the stream of the movements; null without deformation. */
  readonly elastic: { readonly most: number; readonly source: StreamAddress } | null;
}

/** The weak view of one patch; null where nothing of a kind was drawn. */
export interface VolumeWeakDraw {
  readonly warp: WarpDraw | null;
  readonly flip: true | null;
}

/** The strong view of one patch; null where a transform was not drawn. */
export interface VolumeStrongDraw {
  readonly brightness: number;
  readonly contrast: number;
  readonly gamma: number;
  /** Deviation of the blur in voxels. */
  readonly sigma: number | null;
  /** Share of the resolution. */
  readonly resolution: number | null;
  readonly noise: { readonly deviation: number; readonly source: StreamAddress } | null;
}

type Matrix = readonly (readonly number[])[];

function product(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => b[0].map((_, column) => row.reduce((sum, value, k) => sum + value * b[k][column], 0)));
}

/** Rotation by an angle in the plane of two axes. */
function turn(first: number, second: number, degrees: number): Matrix {
  const [cosine, sine] = [Math.cos, Math.sin].map((wave) => wave((degrees * Math.PI) / 180));
  const at = (row: number, column: number) => {
    if (row === column) return row === first || row === second ? cosine : 1;
    if (row === first && column === second) return -sine;
    return row === second && column === first ? sine : 0;
  };
  return [0, 1, 2].map((row) => [0, 1, 2].map((column) => at(row, column)));
}

/** The map to the source of a patch that is turned about x, y and z and enlarged. */
function warpMatrix([x, y, z]: readonly number[], scale: number): Matrix {
  const turned = product(product(turn(0, 1, x), turn(0, 2, y)), turn(1, 2, z));
  return turned.map((row) => row.map((value) => value / scale));
}

const anglesOf = (stream: RandomStream, range: readonly [number, number]) =>
  [0, 1, 2].map(() => stream.uniform(...range));

/** Draws the weak views of `count` patches. */
export function drawVolumeWeak(key: DrawKey, count: number, profile: VolumeProfile): VolumeWeakDraw[] {
  const { rotate, scale, elastic, flip } = profile;
  const flips = drawEach(key, "flip", count, (stream) => (stream.bernoulli(flip.probability) ? true : null));
  const warps = drawEach(key, "warp", count, (stream) => {
    const angles = stream.bernoulli(rotate.probability) ? anglesOf(stream, rotate.range) : null;
    const factor = stream.bernoulli(scale.probability) ? stream.uniform(...scale.range) : null;
    const most = stream.bernoulli(elastic.probability) ? stream.uniform(...elastic.range) : null;
    return angles === null && factor === null && most === null
      ? null
      : { matrix: warpMatrix(angles ?? [0, 0, 0], factor ?? 1), most };
  });
  return warps.map((drawn, i) => {
    if (!drawn) return { warp: null, flip: flips[i] };
    const { matrix, most } = drawn;
    const moved = most === null ? null : { most, source: addressOf(key, "elasticPoints", i) };
    return { warp: { matrix, elastic: moved }, flip: flips[i] };
  });
}

/** Draws the strong views of `count` patches. */
export function drawVolumeStrong(key: DrawKey, count: number, profile: VolumeProfile): VolumeStrongDraw[] {
  const { brightness, contrast, gamma, noise, blur, lowResolution } = profile;
  const drawn = drawEach(key, "strong", count, (stream) => {
    const maybe = ({ probability, range }: VolumeProfile["blur"]) =>
      stream.bernoulli(probability) ? stream.uniform(...range) : null;
    return {
      brightness: stream.uniform(...brightness),
      contrast: stream.uniform(...contrast),
      gamma: stream.uniform(...gamma),
      sigma: maybe(blur),
      resolution: maybe(lowResolution),
      deviation: maybe(noise),
    };
  });
  return drawn.map(({ deviation, ...rest }, i) => ({
    ...rest,
    noise: deviation === null ? null : { deviation, source: addressOf(key, "noise", i) },
  }));
}
