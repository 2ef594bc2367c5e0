/**
 * Reading images at given positions, for a whole batch at once. Positions are float64: the 8-bit results of the
 * reference come out exactly only when positions and weights are as precise as its own.
 */
import { type Pack, type Sent, stack, type Tensor } from "../../torch/index.js";

/** One number per image, `[N, 1, …]` with `dims` axes. */
export function perImage(pack: Pack, values: Float32Array | Float64Array | BigInt64Array, dims: number): Sent {
  return pack.add(values, [values.length, ...Array.from({ length: dims - 1 }, () => 1)]);
}

/**
 * Copies pixels.
 * @param planes `[N, C, H, W]`, any dtype
 * @param rows, columns int64 `[N, H', W']`, inside the image
 * @returns `[N, C, H', W']` of the planes' dtype
 */
export function pickPixels(planes: Tensor, rows: Tensor, columns: Tensor): Tensor {
  const [count, channels, height, width] = planes.shape;
  const [, toHeight, toWidth] = rows.shape;
  const pixels = toHeight * toWidth;
  const index = rows.mul(width).add(columns).reshape([count, 1, pixels]).expand([count, channels, pixels]);
  return planes
    .reshape([count, channels, height * width])
    .gather(2, index)
    .reshape([count, channels, toHeight, toWidth]);
}

/** Positions as pixel numbers on an axis of the given length; those outside become its nearest end. */
export function toPixelNumbers(positions: Tensor, length: number): Tensor {
  return positions.clamp({ min: 0, max: length - 1 }).to({ dtype: "int64" });
}

/** Numbers of libtorch's enumerations of interpolation and padding. */
const bilinear = 0;
const border = 1;

/** A position in pixels as the sampler takes it: −1 the centre of the first pixel, 1 that of the last. */
function toGrid(positions: Tensor, length: number): Tensor {
  return positions.mul(2 / Math.max(length - 1, 1)).sub_(1);
}

/**
 * Bilinear interpolation in float64; a position outside the image reads its edge. Between equal pixels the result
 * misses their value by rounding only (below 1e-9), which callers that drop the fraction allow for.
 * @param images `[N, C, H, W]`
 * @param rows, columns float64 `[N, H', W']`; 0 is the centre of the first pixel
 * @returns float64 `[N, C, H', W']`
 */
export function sampleBilinear(images: Tensor, rows: Tensor, columns: Tensor): Tensor {
  const [, , height, width] = images.shape;
  const grid = stack([toGrid(columns, width), toGrid(rows, height)], 3);
  return images.to({ dtype: "float64" }).gridSampler2d(grid, bilinear, border, true);
}
