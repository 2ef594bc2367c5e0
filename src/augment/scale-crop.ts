/**
 * Enlarging and cropping with Pillow's arithmetic (golden README section 7, `scale_crop_*`): bilinear weights are
 * integers of 22 bits, rows first, each pass rounded to 8 bits where values are whole numbers; labels take the nearest pixel. Only the cropped window
 * is ever computed. Enlarging needs two taps an axis; general resizing of single images is in ../resize.ts.
 */

import { nearestSources } from "../grid/resize.js";
import { type Device, fromTypedArrays, type Tensor } from "../torch/index.js";
import type { ScaleCrop } from "./draws.js";
import { pickPixels } from "./sampling.js";

const precision = 22;
const half = 1 << (precision - 1);

/** What one axis of one image goes through. */
interface AxisCrop {
  /** Length after resizing. */
  readonly length: number;
  /** First position kept of it. */
  readonly start: number;
}

/** For every kept position two source pixels and their integer weights, each `[N, length]`. */
interface Taps {
  readonly sources: readonly [Tensor, Tensor];
  readonly weights: readonly [Tensor, Tensor];
}

/** The two taps of each kept position of one image, written at `offset`. */
function fillTaps(length: number, { length: to, start }: AxisCrop, offset: number, into: TapArrays): void {
  const scale = length / to;
  for (let i = 0; i < length; i++) {
    const centre = (start + i + 0.5) * scale;
    const first = Math.floor(centre - 0.5);
    const taps = [first, first + 1].map((pixel) => {
      const inside = pixel >= 0 && pixel < length;
      return {
        pixel: inside ? pixel : Math.min(Math.max(pixel, 0), length - 1),
        weight: inside ? 1 - Math.abs(pixel + 0.5 - centre) : 0,
      };
    });
    const sum = taps[0].weight + taps[1].weight;
    taps.forEach(({ pixel, weight }, tap) => {
      into.sources[tap][offset + i] = BigInt(pixel);
      into.weights[tap][offset + i] = BigInt(Math.floor((weight / sum) * 2 ** precision + 0.5));
    });
  }
}

/** Of one type, so that they are sent together. */
interface TapArrays {
  readonly sources: readonly BigInt64Array[];
  readonly weights: readonly BigInt64Array[];
}

function tapArrays(length: number, crops: readonly AxisCrop[]): TapArrays {
  const size = crops.length * length;
  const pair = () => [new BigInt64Array(size), new BigInt64Array(size)];
  const arrays: TapArrays = { sources: pair(), weights: pair() };
  crops.forEach((crop, image) => {
    fillTaps(length, crop, image * length, arrays);
  });
  return arrays;
}

/** The taps along several axes, in one upload. */
function tapsOf(axes: readonly { length: number; crops: readonly AxisCrop[] }[], device: Device): Taps[] {
  const arrays = axes.flatMap(({ length, crops }) => {
    const { sources, weights } = tapArrays(length, crops);
    return [...sources, ...weights].map((values) => [values, [crops.length, length]] as const);
  });
  const sent = fromTypedArrays(arrays, { device });
  return axes.map((_, axis) => {
    const [first, second, ...weights] = sent.slice(4 * axis, 4 * axis + 4);
    const [weight, otherWeight] = weights.map((one) => one.to({ dtype: "int32" }));
    return { sources: [first, second], weights: [weight, otherWeight] };
  });
}

/** One pass of the resize: `[N, C, H, W]` int32, or float32 that is not rounded, along `axis` (2 or 3). */
function filterAxis(images: Tensor, axis: 2 | 3, { sources, weights }: Taps): Tensor {
  const view = (tensor: Tensor) => tensor.unsqueeze(1).unsqueeze(axis === 3 ? 2 : 3);
  const [first, second] = sources.map((source, tap) =>
    images.gather(axis, view(source).expand(images.shape)).mul_(view(weights[tap])),
  );
  const sum = first.add_(second);
  return images.dtype === "int32" ? sum.add_(half).bitwiseRightShift(precision) : sum.mul_(2 ** -precision);
}

const columnsOf = ({ width, left }: ScaleCrop): AxisCrop => ({ length: width, start: left });
const rowsOf = ({ height, top }: ScaleCrop): AxisCrop => ({ length: height, start: top });

/**
 * Enlarges and crops images, one draw each.
 * @param images `[N, C, H, W]` float32
 * @param whole  whether these are whole numbers from 0 to 255, and are to be again
 * @returns the same shape and range
 */
export function scaleCropImages(images: Tensor, crops: readonly ScaleCrop[], whole = true): Tensor {
  const [, , height, width] = images.shape;
  const { device } = images;
  const axes = [
    { length: width, crops: crops.map(columnsOf) },
    { length: height, crops: crops.map(rowsOf) },
  ];
  const [alongColumns, alongRows] = tapsOf(axes, device);
  const wide = filterAxis(whole ? images.to({ dtype: "int32" }) : images, 3, alongColumns);
  const both = filterAxis(wide, 2, alongRows);
  return both.to({ dtype: images.dtype });
}

/** Nearest source pixels of the kept positions, `[N, length]`. */
function nearest(length: number, crops: readonly AxisCrop[]): BigInt64Array {
  const kept = crops.flatMap(({ length: to, start }) => [
    ...nearestSources(length, to).subarray(start, start + length),
  ]);
  return BigInt64Array.from(kept, BigInt);
}

/** Enlarges and crops label planes `[N, K, H, W]` of any dtype, one draw each; values are copied, never mixed. */
export function scaleCropLabels(planes: Tensor, crops: readonly ScaleCrop[]): Tensor {
  const [count, , height, width] = planes.shape;
  const [rows, columns] = fromTypedArrays(
    [
      [nearest(height, crops.map(rowsOf)), [count, height, 1]],
      [nearest(width, crops.map(columnsOf)), [count, 1, width]],
    ],
    { device: planes.device },
  );
  return pickPixels(planes, rows.expand([count, height, width]), columns.expand([count, height, width]));
}
