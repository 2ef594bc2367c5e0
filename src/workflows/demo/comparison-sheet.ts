/** Cases side by side: the reference and what each compared network says, as outlines on the image. */
import { colourBytes } from "../../core/colour-bytes.js";
import type { Dataset } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decode.js";
import { shownDecoded } from "../../data/images/shown-image.js";
import type { SheetTile } from "../../drawing/contact-sheet.js";
import { interleave } from "../../grid/interleave.js";
import { classMask, outermostFirst } from "../../inference/label-map.js";

/**
 * One picture with the outlines of a label map in the classes' colours.
 * @param labels class numbers `[H, W]` (softmax) or 0/1 `[K, H, W]` (sigmoid)
 */
export function outlinedTile(decoded: DecodedCase, labels: Uint8Array, dataset: Dataset): SheetTile {
  const { channels, working, image } = shownDecoded(decoded, dataset);
  const [height, width] = working.shape;
  return {
    width,
    height,
    channels: channels as 1 | 3,
    image: interleave(image, channels),
    contours: outermostFirst(dataset.parts).map((part) => ({
      mask: classMask(labels, part.index, dataset.target, height * width),
      colour: colourBytes(part.colour),
    })),
  };
}
