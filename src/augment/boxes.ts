/** Copy-paste boxes of MiDSS (method.md 3.5, `M`): where they lie, their masks, and mixing two batches by them. */
import { type Device, fromTypedArray, ShapeError, type Tensor, where } from "../torch/index.js";
import { type DrawKey, drawEach } from "./draws.js";
import type { ImageSize } from "./profile.js";

/** A box in pixels; (x, y) is its top-left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const areaFraction = [0.02, 0.4] as const;
const aspect = [0.3, 1 / 0.3] as const;

/**
 * The box of the given area (fraction of the image), aspect ratio and corner, or null when it leaves the image.
 * @param ratio height by width, relative to the image's own, so that every area fits into images of any shape
 */
export function placeBox(fraction: number, ratio: number, x: number, y: number, size: ImageSize): Box | null {
  const area = fraction * size.height * size.width;
  const shape = size.height / size.width;
  const width = Math.floor(Math.sqrt(area / (ratio * shape)));
  const height = Math.floor(Math.sqrt(area * ratio * shape));
  return x + width <= size.width && y + height <= size.height ? { x, y, width, height } : null;
}

/** Draws one box per image: the area once, then ratio and corner until the box lies inside. */
export function drawBoxes(key: DrawKey, count: number, size: ImageSize): Box[] {
  return drawEach(key, "box", count, (stream) => {
    const fraction = stream.uniform(...areaFraction);
    for (;;) {
      const ratio = stream.uniform(...aspect);
      const box = placeBox(
        fraction,
        ratio,
        stream.integer(0, size.width - 1),
        stream.integer(0, size.height - 1),
        size,
      );
      if (box) return box;
    }
  });
}

/** The boxes as a mask: bool `[N, 1, H, W]`, true inside. */
export function boxMask(boxes: readonly Box[], { height, width }: ImageSize, device: Device = "cpu"): Tensor {
  const mask = new Uint8Array(boxes.length * height * width);
  boxes.forEach((box, image) => {
    for (let row = box.y; row < box.y + box.height; row++) {
      const start = (image * height + row) * width + box.x;
      mask.fill(1, start, start + box.width);
    }
  });
  return fromTypedArray(mask, [boxes.length, 1, height, width], { dtype: "bool", device });
}

/**
 * Copy-paste: `outside·(1−M) + inside·M`.
 * @param outside images or label planes `[N, C, H, W]`, or label maps `[N, H, W]`
 * @param inside of the same shape
 * @param mask as {@link boxMask} gives it
 * @throws ShapeError when `outside` and `inside` differ in shape
 */
export function pasteBoxes(outside: Tensor, inside: Tensor, mask: Tensor): Tensor {
  if (String(outside.shape) !== String(inside.shape)) {
    throw new ShapeError(`pasteBoxes: outside has shape [${outside.shape}] but inside has [${inside.shape}]`);
  }
  return where(outside.ndim === 3 ? mask.squeeze(1) : mask, inside, outside);
}
