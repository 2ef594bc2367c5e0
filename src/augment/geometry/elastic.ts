/**
 * Elastic deformation with SciPy's semantics (golden README section 7, `elastic_*`): smoothed noise moves every pixel.
 * Float64 throughout, so that autocast and TensorFloat-32 leave it alone and labels agree between devices.
 */
import { arange, type Pack, type Sent, type Tensor } from "../../torch/index.js";
import type { StreamAddress } from "../draws.js";
import { signedNoise } from "../noise.js";
import type { ImageSize } from "../profile.js";
import type { Transform } from "../where-drawn.js";
import { pickPixels, sampleBilinear, toPixelNumbers } from "./sampling.js";

/** SciPy's `truncate`: the kernel reaches this many deviations. */
const reach = 4;

/** The matrix `[length, length]` that smooths one axis, zeros outside the image. */
function smoothing(pack: Pack, length: number, sigma: number): Sent {
  const radius = Math.floor(reach * sigma + 0.5);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp((-0.5 * (i - radius) ** 2) / sigma ** 2),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const matrix = new Float64Array(length * length);
  for (let to = 0; to < length; to++) {
    const end = Math.min(length - 1, to + radius);
    for (let from = Math.max(0, to - radius); from <= end; from++) {
      matrix[to * length + from] = weights[from - to + radius] / sum;
    }
  }
  return pack.add(matrix, [length, length]);
}

/** The matrices that smooth both axes of an image. */
export interface Smoothing {
  readonly alongRows: Sent;
  readonly alongColumns: Sent;
}

/** @param sigma smoothness in pixels */
export function smoothingOf(pack: Pack, { height, width }: ImageSize, sigma: number): Smoothing {
  const alongRows = smoothing(pack, height, sigma);
  return { alongRows, alongColumns: height === width ? alongRows : smoothing(pack, width, sigma) };
}

/**
 * How far every pixel reads from its own place.
 * @param noise float64 `[N, 2, H, W]` in [−1, 1]
 * @param alpha amplitude in pixels
 * @returns float64 `[N, 2, H, W]`: along rows, along columns, in pixels
 */
export function elasticField(noise: Tensor, alpha: number, { alongRows, alongColumns }: Smoothing): Tensor {
  return alongRows().matmul(noise).matmul(alongColumns().t()).mul(alpha);
}

/** Positions that the field reads: rows and columns, each `[N, H, W]`. */
function positions(field: Tensor): [rows: Tensor, columns: Tensor] {
  const [, , height, width] = field.shape;
  const options = { dtype: "float64", device: field.device } as const;
  return [
    field.select(1, 0).add(arange(height, options).unsqueeze(1)),
    field.select(1, 1).add(arange(width, options).unsqueeze(0)),
  ];
}

/**
 * Deforms images: bilinear, 0 outside, whole numbers rounded half up.
 * @param images `[N, C, H, W]` float32
 * @param field as {@link elasticField} gives it
 * @param whole whether these are whole numbers, and are to be again
 * @returns the shape and range of `images`
 */
export function elasticImages(images: Tensor, field: Tensor, whole = true): Tensor {
  const [, , height, width] = images.shape;
  const [rows, columns] = positions(field);
  const within = (position: Tensor, length: number) => position.ge(0).logicalAnd(position.le(length - 1));
  const inside = within(rows, height).logicalAnd(within(columns, width)).unsqueeze(1);
  const exact = sampleBilinear(images, rows, columns);
  const sampled = whole ? exact.add_(0.5).floor_() : exact;
  return sampled.to({ dtype: images.dtype }).mul_(inside.to({ dtype: images.dtype }));
}

/** Deforms label planes `[N, K, H, W]` of any dtype: nearest pixel, the edge extended. */
export function elasticLabels(planes: Tensor, field: Tensor): Tensor {
  const [, , height, width] = planes.shape;
  const [rows, columns] = positions(field).map((position) => position.add(0.5).floor_());
  return pickPixels(planes, toPixelNumbers(rows, height), toPixelNumbers(columns, width));
}

/**
 * Plans a deformation for each of several images.
 * @param sources where the noise of each image comes from
 * @param strength amplitude and smoothness as shares of the shortest side
 * @param whole whether images are whole numbers, and are to be again
 */
export function elasticDeformation(
  pack: Pack,
  sources: readonly StreamAddress[],
  size: ImageSize,
  strength: { readonly alpha: number; readonly sigma: number },
  whole: boolean,
): Transform {
  const { height, width } = size;
  const shortest = Math.min(height, width);
  const noise = signedNoise(pack, sources, 2 * height * width);
  const smooth = smoothingOf(pack, size, strength.sigma * shortest);
  return ({ images, labels }) => {
    const planes = noise(images.device).reshape([sources.length, 2, height, width]);
    const field = elasticField(planes, strength.alpha * shortest, smooth);
    return { images: elasticImages(images, field, whole), labels: labels && elasticLabels(labels, field) };
  };
}
