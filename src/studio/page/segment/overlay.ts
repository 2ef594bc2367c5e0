/** A mask laid over its image. */
import { indexValue } from "../../../inference/label-map.js";
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";
import type { Segmented } from "./messages.js";

/** The colour of each byte of a mask; none where it stands for no part. */
function colours({ parts, target }: ShownModel): ReadonlyMap<number, readonly number[]> {
  return new Map(
    parts.map((part) => {
      const rgb = Number.parseInt(part.colour.slice(1), 16);
      return [indexValue(part, target), [rgb >> 16, (rgb >> 8) & 255, rgb & 255]];
    }),
  );
}

/** The image with its mask over it. @param opacity of the mask, 0 to 1 */
export function overlaid({ pixels, mask, width, height }: Segmented, model: ShownModel, opacity: number): ImageData {
  const image = new ImageData(pixels.slice(), width, height);
  const inks = colours(model);
  for (let i = 0; i < mask.length; i++) {
    const ink = inks.get(mask[i]);
    if (ink) for (let c = 0; c < 3; c++) image.data[4 * i + c] += opacity * (ink[c] - image.data[4 * i + c]);
  }
  return image;
}

/** The names of the parts that a mask shows, outermost first. */
export function shownParts(mask: Uint8Array, { parts, target }: ShownModel): string[] {
  const values = new Set(mask);
  return parts.filter((part) => values.has(indexValue(part, target))).map(({ name }) => name);
}
