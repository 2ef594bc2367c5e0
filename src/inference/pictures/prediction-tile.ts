/** A decoded case with the outlines of what was predicted, as a tile of a contact sheet. */
import sharp from "sharp";
import { colourBytes } from "../../core/colour-bytes.js";
import type { Dataset } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decode.js";
import { shownDecoded } from "../../data/images/shown-image.js";
import { pictureOf } from "../../data/volumes/case-slices.js";
import type { SheetTile } from "../../drawing/contact-sheet.js";
import { voxelCount } from "../../grid/grid.js";
import { interleave } from "../../grid/interleave.js";
import { classMask } from "../label-map.js";

type ShownSet = Pick<Dataset, "target" | "parts" | "channelNames" | "intensity" | "values" | "slices">;

/** A picture of bytes in the middle of a square. */
async function inSquare(
  data: Uint8Array,
  [height, width]: readonly number[],
  channels: 1 | 3,
  side: number,
  kernel: "nearest" | "cubic",
): Promise<Uint8Array> {
  const { data: placed } = await sharp(data, { raw: { width, height, channels } })
    .resize(side, side, { fit: "contain", kernel, background: "#000000" })
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return placed;
}

/**
 * The tile: of a volume the slice in which most was predicted.
 * @param labels  what was predicted, as `DecodedCase.label` is; the case's own label is not shown
 * @param side    of the square tile, in pixels
 */
export async function predictionTile(
  decoded: DecodedCase,
  labels: Uint8Array,
  dataset: ShownSet,
  side: number,
  caption: string,
): Promise<SheetTile> {
  const picture = pictureOf({ ...decoded, label: labels }, dataset);
  const { shape } = picture.working;
  const shown = shownDecoded(picture, dataset);
  const channels = shown.channels === 3 ? 3 : 1;
  const image = await inSquare(interleave(shown.image, channels), shape, channels, side, "cubic");
  const contours = await Promise.all(
    dataset.parts.map(async ({ index, colour }) => {
      const mask = classMask(picture.label as Uint8Array, index, dataset.target, voxelCount({ shape }));
      return { mask: await inSquare(mask, shape, 1, side, "nearest"), colour: colourBytes(colour) };
    }),
  );
  return { width: side, height: side, channels, image, contours, caption };
}
