/**
 * Enlarging and cropping with Pillow's arithmetic (golden README section 7, `scale_crop_*`): bilinear weights are
 * integers of 22 bits, rows first, each pass rounded to 8 bits where values are whole numbers; labels take the nearest pixel. Only the cropped window
 * is ever computed. Enlarging needs two taps an axis; general resizing of single images is in ../resize.ts.
 */
import { nearestSources } from "../../grid/resize.js";
import type { Pack, Sent, Tensor } from "../../torch/index.js";
import type { ScaleCrop } from "../draws.js";
import type { ImageSize } from "../profile.js";
import type { Transform } from "../where-drawn.js";
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
  readonly sources: readonly Sent[];
  readonly weights: readonly Sent[];
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
      into.weights[tap][offset + i] = Math.floor((weight / sum) * 2 ** precision + 0.5);
    });
  }
}

interface TapArrays {
  readonly sources: readonly BigInt64Array[];
  readonly weights: readonly Int32Array[];
}

/** The taps along an axis of several images. */
function tapsOf(pack: Pack, length: number, crops: readonly AxisCrop[]): Taps {
  const size = crops.length * length;
  const arrays: TapArrays = {
    sources: [new BigInt64Array(size), new BigInt64Array(size)],
    weights: [new Int32Array(size), new Int32Array(size)],
  };
  crops.forEach((crop, image) => {
    fillTaps(length, crop, image * length, arrays);
  });
  const shape = [crops.length, length];
  return {
    sources: arrays.sources.map((values) => pack.add(values, shape)),
    weights: arrays.weights.map((values) => pack.add(values, shape)),
  };
}

/** One pass of the resize: `[N, C, H, W]` int32, or float32 that is not rounded, along `axis` (2 or 3). */
function filterAxis(images: Tensor, axis: 2 | 3, { sources, weights }: Taps): Tensor {
  const view = (tensor: Tensor) => tensor.unsqueeze(1).unsqueeze(axis === 3 ? 2 : 3);
  const [first, second] = sources.map((source, tap) =>
    images.gather(axis, view(source()).expand(images.shape)).mul_(view(weights[tap]())),
  );
  const sum = first.add_(second);
  return images.dtype === "int32" ? sum.add_(half).bitwiseRightShift(precision) : sum.mul_(2 ** -precision);
}

const columnsOf = ({ width, left }: ScaleCrop): AxisCrop => ({ length: width, start: left });
const rowsOf = ({ height, top }: ScaleCrop): AxisCrop => ({ length: height, start: top });

/** Taps of images, and nearest sources of label planes, along both axes. */
interface CropTables {
  readonly columns: Taps;
  readonly rows: Taps;
  readonly nearestColumns: Sent;
  readonly nearestRows: Sent;
}

/**
 * Enlarges and crops images.
 * @param images `[N, C, H, W]` float32
 * @param whole  whether these are whole numbers from 0 to 255, and are to be again
 * @returns the same shape and range
 */
function cropImages(images: Tensor, { columns, rows }: CropTables, whole: boolean): Tensor {
  const wide = filterAxis(whole ? images.to({ dtype: "int32" }) : images, 3, columns);
  return filterAxis(wide, 2, rows).to({ dtype: images.dtype });
}

/** Enlarges and crops label planes `[N, K, H, W]` of any dtype; values are copied, never mixed. */
function cropLabels(planes: Tensor, { nearestColumns, nearestRows }: CropTables): Tensor {
  const [count, , height, width] = planes.shape;
  const shape = [count, height, width];
  return pickPixels(planes, nearestRows().expand(shape), nearestColumns().expand(shape));
}

/** Nearest source pixels of the kept positions, `[N, length]`. */
function nearest(length: number, crops: readonly AxisCrop[]): BigInt64Array {
  const kept = crops.flatMap(({ length: to, start }) => [
    ...nearestSources(length, to).subarray(start, start + length),
  ]);
  return BigInt64Array.from(kept, BigInt);
}

/**
 * Plans to enlarge and crop several images of one size, one draw each, and their labels with them.
 * @param whole whether images are whole numbers from 0 to 255, and are to be again
 */
export function scaleCrop(
  pack: Pack,
  crops: readonly ScaleCrop[],
  { height, width }: ImageSize,
  whole = true,
): Transform {
  const count = crops.length;
  const tables = {
    columns: tapsOf(pack, width, crops.map(columnsOf)),
    rows: tapsOf(pack, height, crops.map(rowsOf)),
    nearestColumns: pack.add(nearest(width, crops.map(columnsOf)), [count, 1, width]),
    nearestRows: pack.add(nearest(height, crops.map(rowsOf)), [count, height, 1]),
  };
  return ({ images, labels }) => ({
    images: cropImages(images, tables, whole),
    labels: labels && cropLabels(labels, tables),
  });
}
