/** A case as a small picture with the outlines of its reference: of a volume the slice that shows most of it. */
import sharp from "sharp";
import { colourBytes } from "../../core/colour-bytes.js";
import { holdsClass } from "../../data/masks/code-bytes.js";
import { paintRim } from "../../drawing/raster-outline.js";
import type { OpenedCase } from "./open-case.js";

/** Longer side of a thumbnail in pixels. */
export const thumbnailSide = 288;
/** Width of outlines in pixels of the thumbnail. */
const stroke = 1.5;

/** The slice with most labelled voxels; the middle one where there are none. */
function shownSlice({ planes, drawnIn, reference }: OpenedCase): number {
  const { count, rows, columns } = planes[drawnIn];
  if (count === 1 || !reference) return Math.floor((count - 1) / 2);
  const size = rows * columns;
  let best = Math.floor((count - 1) / 2);
  let most = 0;
  for (let slice = 0; slice < count; slice++) {
    let labelled = 0;
    for (let i = slice * size; i < (slice + 1) * size; i++) labelled += Number(reference[i] !== 0);
    if (labelled > most) [best, most] = [slice, labelled];
  }
  return best;
}

/** The thumbnail as a WebP file. */
export async function thumbnail(opened: OpenedCase): Promise<Uint8Array> {
  const { planes, drawnIn, dataset, shownLabels } = opened;
  const plane = planes[drawnIn];
  const index = shownSlice(opened);
  const image = opened.slice("image", drawnIn, index);
  if (!image) throw new Error("internal: thumbnail: a case without slices");
  const { rows, columns, channels, bytes } = image;
  const scale = thumbnailSide / Math.max(plane.height, plane.width);
  const size = {
    width: Math.max(1, Math.round(plane.width * scale)),
    height: Math.max(1, Math.round(plane.height * scale)),
  };
  const picture = await sharp(bytes, { raw: { width: columns, height: rows, channels } })
    .resize(size.width, size.height, { fit: "fill" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const rgb = toRgb(picture.data, picture.info.channels);
  const reference = opened.slice("reference", drawnIn, index);
  if (reference) {
    const small = nearest(reference.bytes, [rows, columns], [size.height, size.width]);
    for (const { value, colour } of shownLabels) {
      const holds = holdsClass(value, dataset);
      const mask = small.map((byte) => holds[byte]);
      paintRim(rgb, mask, size, colourBytes(colour), Math.max(1, Math.round(stroke)));
    }
  }
  return sharp(rgb, { raw: { ...size, channels: 3 } })
    .webp({ quality: 82 })
    .toBuffer();
}

function toRgb(bytes: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return bytes;
  const rgb = new Uint8Array((3 * bytes.length) / channels);
  for (let i = 0; i < rgb.length / 3; i++) rgb.fill(bytes[i * channels], 3 * i, 3 * i + 3);
  return rgb;
}

function nearest(values: Uint8Array, [rows, columns]: readonly number[], [height, width]: readonly number[]) {
  const small = new Uint8Array(height * width);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      small[y * width + x] =
        values[Math.floor(((y + 0.5) * rows) / height) * columns + Math.floor(((x + 0.5) * columns) / width)];
  return small;
}
