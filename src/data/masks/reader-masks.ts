/**
 * One mask from those of several readers of an image, as the `readers` rule of a domain says. Every class is decided by
 * itself; readers who left a pixel out (`ignore`) have no say in it.
 */
import { majorityMask, staple } from "../../statistics/readers.js";
import type { Dataset } from "../dataset.js";
import type { ReaderRule } from "../schema.js";
import { ignoredCode } from "./labels.js";
import { codeOfClass } from "./mask-join.js";

/** How the masks are to be combined. */
interface Combining {
  readonly rule: ReaderRule;
  /** Sizes of the image's axes, slowest first. */
  readonly shape: readonly number[];
  readonly dataset: Pick<Dataset, "target" | "classes" | "parts">;
}

/** Room around what anybody marked, as a share of its sides: about half of the region is then background. */
const margin = 0.25;

/**
 * The pixels that STAPLE looks at: the box around all marks and some room, as in a whole image of background every reader
 * seems specific.
 */
function regionAround(marks: readonly Uint8Array[], shape: readonly number[]): Int32Array {
  const low = shape.map((size) => size);
  const high = shape.map(() => -1);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const coordinate = (pixel: number, axis: number) => Math.floor(pixel / strides[axis]) % shape[axis];
  const size = marks[0].length;
  for (let pixel = 0; pixel < size; pixel++) {
    if (marks.every((mask) => mask[pixel] === 0)) continue;
    for (let axis = 0; axis < shape.length; axis++) {
      low[axis] = Math.min(low[axis], coordinate(pixel, axis));
      high[axis] = Math.max(high[axis], coordinate(pixel, axis));
    }
  }
  const room = shape.map((_, axis) => Math.ceil(margin * (high[axis] - low[axis] + 1)));
  const isInside = (pixel: number) =>
    shape.every((_, axis) => {
      const at = coordinate(pixel, axis);
      return at >= low[axis] - room[axis] && at <= high[axis] + room[axis];
    });
  return Int32Array.from({ length: size }, (_, pixel) => pixel).filter(isInside);
}

/** How likely each pixel is of the class, 0 to 1; it is where that is at least 0.5. */
function supportOf(marks: readonly Uint8Array[], labelled: readonly Uint8Array[], { rule, shape }: Combining) {
  if (rule === "majority") return majorityMask(marks, labelled);
  const region = regionAround(marks, shape);
  const within = (masks: readonly Uint8Array[]) => masks.map((mask) => Uint8Array.from(region, (pixel) => mask[pixel]));
  const { probability } = staple(within(marks), within(labelled));
  const support = new Float64Array(marks[0].length);
  region.forEach((pixel, i) => {
    support[pixel] = probability[i];
  });
  return support;
}

/**
 * The codes `[S]` of an image (labels.ts) from those of its readers. Of exclusive classes the most likely one holds, of
 * equally likely ones the first; a pixel that no reader labelled is ignored.
 */
export function combineReaders(readers: readonly Int32Array[], combining: Combining): Int32Array {
  const { target, classes, parts } = combining.dataset;
  const labelled = readers.map((codes) => Uint8Array.from(codes, (code) => (code < 0 ? 0 : 1)));
  const combined = new Int32Array(readers[0].length);
  const best = new Float64Array(combined.length);
  for (const { index, name } of parts) {
    const holds = (code: number) => (target === "softmax" ? code === index : code > 0 && ((code >> index) & 1) === 1);
    const marks = readers.map((codes) => Uint8Array.from(codes, (code) => (holds(code) ? 1 : 0)));
    if (marks.every((mask) => !mask.includes(1))) continue;
    const support = supportOf(marks, labelled, combining);
    const own = codeOfClass(name, { target, classes });
    for (let i = 0; i < combined.length; i++) {
      if (support[i] < 0.5) continue;
      if (target === "sigmoid") combined[i] |= own;
      else if (support[i] > best[i]) {
        combined[i] = own;
        best[i] = support[i];
      }
    }
  }
  for (let i = 0; i < combined.length; i++) if (labelled.every((mask) => mask[i] === 0)) combined[i] = ignoredCode;
  return combined;
}
