/**
 * Rotation about the centre with Pillow's arithmetic (golden README section 7, `rotate_*`): images bilinear in double
 * precision with the fraction of whole numbers dropped, labels nearest in 16.16 fixed point.
 */
import { arange, type Device, type Pack, type Sent, type Tensor } from "../../torch/index.js";
import type { ImageSize } from "../profile.js";
import type { Transform } from "../where-drawn.js";
import { perImage, pickPixels, sampleBilinear, toPixelNumbers } from "./sampling.js";

/** Pillow rounds the matrix to 15 decimals, so that right angles have exact zeros. */
const round15 = (value: number) => Math.round(value * 1e15) / 1e15;

/** Output pixel (x, y) comes from source (xx·x + xy·y + x0, yx·x + yy·y + y0). */
interface Affine {
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
}

function affine(degrees: number, height: number, width: number): Affine {
  const angle = (degrees * Math.PI) / 180;
  const [cosine, sine] = [round15(Math.cos(angle)), round15(Math.sin(angle))];
  return {
    xx: cosine,
    xy: -sine,
    x0: -cosine * (width / 2) + sine * (height / 2) + width / 2,
    yx: sine,
    yy: cosine,
    y0: -sine * (width / 2) - cosine * (height / 2) + height / 2,
  };
}

/** `[N, H, W]` of a·x + (b·y + c) with x along columns and y along rows, one (a, b, c) per image. */
function plane(a: Tensor, b: Tensor, c: Tensor, x: Tensor, y: Tensor): Tensor {
  return a.mul(x).add(b.mul(y).add_(c));
}

/** Positions 0 … length−1 plus `offset`, along columns `[1, 1, W]` or rows `[1, H, 1]`. */
function axes(height: number, width: number, offset: number, dtype: "float64" | "int64", device: Device): Tensor[] {
  const options = { dtype, device };
  return [
    arange(width, options).add(offset).reshape([1, 1, width]),
    arange(height, options).add(offset).reshape([1, height, 1]),
  ];
}

/** True inside the image, false outside; bool `[N, 1, H, W]`. */
function inside(rows: Tensor, columns: Tensor, height: number, width: number): Tensor {
  const within = (positions: Tensor, length: number) => positions.ge(0).logicalAnd(positions.lt(length));
  return within(rows, height).logicalAnd(within(columns, width)).unsqueeze(1);
}

/** Dropping the fraction must not turn a whole value that rounding left just below into the next lower one. */
const guard = 1e-9;

const keys = ["xx", "xy", "x0", "yx", "yy", "y0"] as const;

/** The affine maps of several images, one number of each at a time, `[N, 1, 1]`. */
type Maps = readonly Sent[];

/**
 * Rotates images, each by its own map; what comes from outside is 0.
 * @param images `[N, C, H, W]` float32
 * @param whole  whether these are whole numbers, and are to be again
 * @returns the same shape and range
 */
function rotateImages(images: Tensor, maps: Maps, whole: boolean): Tensor {
  const [, , height, width] = images.shape;
  const [xx, xy, x0, yx, yy, y0] = maps.map((number) => number());
  const [x, y] = axes(height, width, 0.5, "float64", images.device);
  const columns = plane(xx, xy, x0, x, y);
  const rows = plane(yx, yy, y0, x, y);
  const exact = sampleBilinear(images, rows.sub(0.5), columns.sub(0.5));
  const sampled = whole ? exact.add_(guard).floor_() : exact;
  return sampled.to({ dtype: images.dtype }).mul_(inside(rows, columns, height, width).to({ dtype: images.dtype }));
}

const fixed = (value: number) => Math.floor(value * 65536 + 0.5);

/** The maps of label planes, in 16.16 fixed point. */
function fixedMaps(pack: Pack, maps: readonly Affine[]): Maps {
  return [
    (m: Affine) => m.xx,
    (m: Affine) => m.xy,
    (m: Affine) => m.x0 + 0.5 * m.xx + 0.5 * m.xy,
    (m: Affine) => m.yx,
    (m: Affine) => m.yy,
    (m: Affine) => m.y0 + 0.5 * m.yx + 0.5 * m.yy,
  ].map((of) =>
    perImage(
      pack,
      BigInt64Array.from(maps, (map) => BigInt(fixed(of(map)))),
      3,
    ),
  );
}

/**
 * Rotates label planes as {@link rotateImages} does images; values are copied, never mixed.
 * @param planes `[N, K, H, W]`, any dtype
 * @param fill what comes from outside
 */
function rotateLabels(planes: Tensor, maps: Maps, fill: number): Tensor {
  const [, , height, width] = planes.shape;
  const [xx, xy, x0, yx, yy, y0] = maps.map((number) => number());
  const [x, y] = axes(height, width, 0, "int64", planes.device);
  const columns = plane(xx, xy, x0, x, y);
  const rows = plane(yx, yy, y0, x, y);
  const [row, column] = [rows, columns].map((position) => position.bitwiseRightShift(16));
  const picked = pickPixels(planes, toPixelNumbers(row, height), toPixelNumbers(column, width));
  return picked.maskedFill(inside(row, column, height, width).logicalNot(), fill);
}

/**
 * Plans to rotate several images of one size counter-clockwise, each by its own angle, and their labels with them.
 * @param whole whether images are whole numbers, and are to be again
 * @param fill  what comes to labels from outside: the background
 */
export function rotation(
  pack: Pack,
  degrees: readonly number[],
  { height, width }: ImageSize,
  whole = true,
  fill = 0,
): Transform {
  const maps = degrees.map((angle) => affine(angle, height, width));
  const exact = keys.map((key) =>
    perImage(
      pack,
      Float64Array.from(maps, (map) => map[key]),
      3,
    ),
  );
  const rounded = fixedMaps(pack, maps);
  return ({ images, labels }) => ({
    images: rotateImages(images, exact, whole),
    labels: labels && rotateLabels(labels, rounded, fill),
  });
}
