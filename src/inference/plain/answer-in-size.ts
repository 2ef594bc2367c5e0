/**
 * Label maps in an image's own size of probabilities that lie in plain arrays: what `answerInSize` and `inferLabels` do with
 * tensors, where there is no libtorch. Values differ from theirs in the last digits.
 */
import type { TargetKind } from "../../core/target-kind.js";
import { cutBox } from "../../grid/box.js";
import { type Framed, isWhole, placementOf } from "../../grid/frame.js";
import { eachPlaneResized } from "../../grid/linear.js";

/** Label maps, and probabilities where they are wanted, in another size than the network's. */
export interface AnswerInSize {
  /** softmax: class numbers `[H, W]`; sigmoid: 0/1 planes `[K, H, W]`. */
  readonly labels: Uint8Array;
  /** `[K, H, W]`, in [0, 1]; missing where they were not asked for. */
  readonly probabilities?: Float32Array;
}

/** The class of the largest value at each of `count` positions, the lowest among equals. */
function largestClass(values: Float32Array, classes: number, count: number): Uint8Array {
  const found = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    let best = 0;
    for (let k = 1; k < classes; k++) if (values[k * count + i] > values[best * count + i]) best = k;
    found[i] = best;
  }
  return found;
}

/** Labels of values `[K, count]`: class numbers `[count]`, or 0/1 planes `[K, count]`. */
export function plainLabels(values: Float32Array, classes: number, count: number, kind: TargetKind): Uint8Array {
  return kind === "sigmoid" ? Uint8Array.from(values, (p) => (p >= 0.5 ? 1 : 0)) : largestClass(values, classes, count);
}

/** Copies planes `[K, size]` to where plane number `index` of each class is. */
function placePlanes<T extends Uint8Array | Float32Array>(whole: T, planes: T, size: number, index: number): void {
  const classes = planes.length / size;
  const each = whole.length / classes;
  for (let k = 0; k < classes; k++) whole.set(planes.subarray(k * size, (k + 1) * size), k * each + index * size);
}

/**
 * Resizes probabilities linearly before they become labels.
 * @param probabilities `[K, ...sides]`, in [0, 1]
 * @param shape  of the answer, over the same field of view
 * @param wanted whether the probabilities are handed out, too
 */
export function plainAnswerInSize(
  probabilities: Float32Array,
  sides: readonly number[],
  shape: readonly number[],
  kind: TargetKind,
  wanted: boolean,
): AnswerInSize {
  const count = (axes: readonly number[]) => axes.reduce((product, side) => product * side, 1);
  const classes = probabilities.length / count(sides);
  const labels = new Uint8Array((kind === "sigmoid" ? classes : 1) * count(shape));
  const all = wanted ? new Float32Array(classes * count(shape)) : undefined;
  const size = count(shape.slice(1));
  eachPlaneResized(probabilities, sides, shape, (plane, index) => {
    placePlanes(labels, plainLabels(plane, classes, size, kind), size, index);
    if (all) placePlanes(all, plane, size, index);
  });
  return { labels, ...(all ? { probabilities: all } : {}) };
}

/**
 * The same of a picture that was brought into a frame: without the margin, and in the picture's place; what the network did
 * not see of it is background.
 * @param probabilities `[K, ...]` on the frame
 */
export function plainAnswerOfPicture(
  probabilities: Float32Array,
  framed: Framed,
  kind: TargetKind,
  wanted: boolean,
): AnswerInSize {
  const { seen, filled } = placementOf(framed);
  const { shape } = framed.stored;
  const sides = [filled.height, filled.width];
  const inside = cutBox(probabilities, framed.working.shape, [filled.top, filled.left], sides);
  const said = plainAnswerInSize(inside, sides, [seen.height, seen.width], kind, wanted);
  if (isWhole(seen, { height: shape[0], width: shape[1] })) return said;
  const back = <T extends Uint8Array | Float32Array>(planes: T) =>
    cutBox(planes, [seen.height, seen.width], [-seen.top, -seen.left], shape);
  const labels = back(said.labels);
  if (!said.probabilities) return { labels };
  const all = back(said.probabilities);
  const known = back(new Uint8Array(seen.height * seen.width).fill(1));
  if (kind === "softmax")
    known.forEach((one, i) => {
      if (!one) all[i] = 1;
    });
  return { labels, probabilities: all };
}
