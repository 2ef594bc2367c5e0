/** A mask laid over its image. */
import { colourBytes } from "../../../core/colour-bytes.js";
import { indexValue } from "../../../inference/label-map.js";
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";
import type { MaskFacts } from "./mask-facts.js";

/** The colour of each byte of a mask; none where it stands for no part. */
function colours({ parts, target }: ShownModel): ReadonlyMap<number, readonly number[]> {
  return new Map(parts.map((part) => [indexValue(part, target), colourBytes(part.colour)]));
}

/**
 * Lays a mask over an image.
 * @param pixels  RGBA side by side, changed
 * @param opacity of the mask, 0 to 1
 */
export function layMask(pixels: ImageData, mask: Uint8Array, model: ShownModel, opacity: number): void {
  const inks = colours(model);
  const { data } = pixels;
  for (let i = 0; i < mask.length; i++) {
    const ink = inks.get(mask[i]);
    if (ink) for (let c = 0; c < 3; c++) data[4 * i + c] += opacity * (ink[c] - data[4 * i + c]);
  }
}

/** The names of the parts that a mask shows, outermost first. */
export function shownParts({ values }: MaskFacts, { parts, target }: ShownModel): string[] {
  return parts.filter((part) => values.includes(indexValue(part, target))).map(({ name }) => name);
}
