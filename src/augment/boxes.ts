/**
 * Copy-paste boxes of MiDSS (method.md 3.5, `M`): where they lie, their masks, and mixing two batches by them. Rectangles
 * in images, cuboids in volumes; shapes and places are lists over the spatial axes, slowest first.
 */
import {
  type Device,
  type Pack,
  type Sent,
  ShapeError,
  sendTogether,
  spatialAxes,
  type Tensor,
  where,
} from "../torch/index.js";
import { type DrawKey, drawEach } from "./draws.js";

/** A box in pixels: its first corner and its sides, along [y, x] or [z, y, x]. */
export interface Box {
  readonly start: readonly number[];
  readonly sides: readonly number[];
}

const areaFraction = [0.02, 0.4] as const;
const aspect = [0.3, 1 / 0.3] as const;

/**
 * The sides of a box that takes the given fraction of an image. Along an axis before the last two it has the share of
 * that axis that a cube-like box would have; the last two share out the rest.
 * @param ratio height by width, relative to the image's own, so that every area fits into images of any shape
 */
function sidesOf(fraction: number, ratio: number, shape: readonly number[]): number[] {
  const [height, width] = shape.slice(-2);
  const before = shape.slice(0, -2);
  const share = before.length === 0 ? 1 : fraction ** (1 / shape.length);
  const area = (fraction / share ** before.length) * height * width;
  const own = height / width;
  return [
    ...before.map((length) => Math.floor(share * length)),
    Math.floor(Math.sqrt(area * ratio * own)),
    Math.floor(Math.sqrt(area / (ratio * own))),
  ];
}

/** The box of that fraction, ratio (see above) and first corner, or null when it leaves the image. */
export function placeBox(
  fraction: number,
  ratio: number,
  start: readonly number[],
  shape: readonly number[],
): Box | null {
  const sides = sidesOf(fraction, ratio, shape);
  return shape.every((length, axis) => start[axis] + sides[axis] <= length) ? { start, sides } : null;
}

/**
 * Draws one box per image: the fraction once, then ratio and corner until the box lies inside.
 * @param shape of the images, the spatial axes only
 */
export function drawBoxes(key: DrawKey, count: number, shape: readonly number[]): Box[] {
  return drawEach(key, "box", count, (stream) => {
    const fraction = stream.uniform(...areaFraction);
    for (;;) {
      const ratio = stream.uniform(...aspect);
      // The fastest axis is drawn first.
      const start = shape.toReversed().map((length) => stream.integer(0, length - 1));
      const box = placeBox(fraction, ratio, start.reverse(), shape);
      if (box) return box;
    }
  });
}

/** Gives the boxes as a mask: bool `[N, 1, ...S]`, true inside. */
export function packBoxMask(pack: Pack, boxes: readonly Box[], shape: readonly number[]): Sent {
  const size = shape.reduce((product, length) => product * length, 1);
  const mask = new Uint8Array(boxes.length * size);
  const fill = ({ start, sides }: Box, axis: number, offset: number): void => {
    if (axis === shape.length - 1) {
      mask.fill(1, offset + start[axis], offset + start[axis] + sides[axis]);
      return;
    }
    const step = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
    for (let i = start[axis]; i < start[axis] + sides[axis]; i++) fill({ start, sides }, axis + 1, offset + i * step);
  };
  boxes.forEach((box, image) => {
    fill(box, 0, image * size);
  });
  return pack.add(mask, [boxes.length, 1, ...shape], "bool");
}

/** {@link packBoxMask} in an upload of its own. */
export function boxMask(boxes: readonly Box[], shape: readonly number[], device: Device = "cpu"): Tensor {
  return sendTogether(device, (pack) => packBoxMask(pack, boxes, shape))();
}

/**
 * For each image the smallest box that holds all of a foreground, without reading it from the device.
 * @param foreground bool `[N, 1, ...S]`
 * @param otherwise the box of an image without foreground, as {@link boxMask} gives it, `[N, 1, ...S]`
 */
export function coveringBox(foreground: Tensor, otherwise: Tensor): Tensor {
  const axes = spatialAxes(foreground);
  const within = axes.map((axis) => {
    const others = axes.filter((other) => other !== axis);
    const occupied = foreground.to({ dtype: "float32" }).amax(others, { keepdim: true });
    const before = occupied.cumsum(axis);
    const after = occupied.sum(axis, { keepdim: true }).sub(before).add(occupied);
    return before.gt(0).logicalAnd(after.gt(0));
  });
  const box = within.reduce((all, one) => all.logicalAnd(one));
  return where(foreground.to({ dtype: "float32" }).amax(axes, { keepdim: true }).gt(0), box, otherwise);
}

/**
 * Copy-paste: `outside·(1−M) + inside·M`.
 * @param outside images or label planes `[N, C, ...S]`, or label maps `[N, ...S]`
 * @param inside of the same shape
 * @param mask as {@link boxMask} gives it
 * @throws ShapeError when `outside` and `inside` differ in shape
 */
export function pasteBoxes(outside: Tensor, inside: Tensor, mask: Tensor): Tensor {
  if (String(outside.shape) !== String(inside.shape)) {
    throw new ShapeError(`pasteBoxes: outside has shape [${outside.shape}] but inside has [${inside.shape}]`);
  }
  return where(outside.ndim < mask.ndim ? mask.squeeze(1) : mask, inside, outside);
}
