/** A volume's image and label maps on a sheet (grid/sheet.ts). */
import sharp from "sharp";
import type { Dataset } from "../data/dataset.js";
import { outlinePath } from "../drawing/outline-path.js";
import { type Grid, voxelCount } from "../grid/grid.js";
import { interleave } from "../grid/interleave.js";
import { type Sheet, type SheetCell, sliceAt } from "../grid/sheet.js";
import { SliceStack } from "../grid/slices.js";
import { plane, type StoredImage } from "../grid/stored-image.js";
import { classMask } from "./label-map.js";

/** The slice of a cell. */
function sliceOf(volume: StoredImage, { order, at }: SheetCell): StoredImage {
  const stack = new SliceStack(volume, order);
  return stack.slice(sliceAt(order, at, stack.count));
}

/** Bytes of a picture, its channels side by side. */
export interface SheetPicture {
  readonly data: Uint8Array;
  /** 1: grey; 3: RGB. */
  readonly channels: 1 | 3;
}

/**
 * The image on a sheet, black between the slices: `[height, width, channels]`.
 * @param volume 0 … 255; of modalities, any number of channels but 3, the first is shown
 */
export async function sheetPicture(volume: StoredImage, sheet: Sheet): Promise<SheetPicture> {
  const channels = volume.channels === 3 ? 3 : 1;
  const shown = channels === 3 ? volume : { ...volume, channels: 1, samples: plane(volume, 0) };
  const data = new Uint8Array(sheet.width * sheet.height * channels);
  for (const cell of sheet.cells) {
    const { samples, grid } = sliceOf(shown, cell);
    const [height, width] = grid.shape;
    const resized = await sharp(interleave(samples as Uint8Array, channels), { raw: { width, height, channels } })
      .resize(cell.width, cell.height, { fit: "fill", kernel: "cubic" })
      .toColourspace(channels === 1 ? "b-w" : "srgb")
      .raw()
      .toBuffer();
    const line = cell.width * channels;
    for (let row = 0; row < cell.height; row++) {
      const start = ((cell.top + row) * sheet.width + cell.left) * channels;
      data.set(resized.subarray(row * line, (row + 1) * line), start);
    }
  }
  return { data, channels };
}

/** A part's outlines on a sheet. */
export interface SheetOutline {
  readonly part: string;
  /** `d` of an SVG path in the sheet's pixels; "" where there is no object. */
  readonly path: string;
}

/**
 * The outlines of all judged parts, in the data set's order.
 * @param labels class numbers `grid.shape` (softmax) or 0/1 planes `[K, ...grid.shape]` (sigmoid)
 * @param grid   over the sheet's field of view, its axes in the same order; of any shape
 */
export function sheetOutlines(
  labels: Uint8Array,
  grid: Grid,
  sheet: Sheet,
  { target, parts }: Pick<Dataset, "target" | "parts">,
): SheetOutline[] {
  const volume = { grid, channels: labels.length / voxelCount(grid), samples: labels };
  const slices = sheet.cells.map((cell) => ({ cell, slice: sliceOf(volume, cell) }));
  return parts.map(({ index, name }) => {
    const paths = slices.map(({ cell, slice }) => {
      const [height, width] = slice.grid.shape;
      const mask = classMask(slice.samples as Uint8Array, index, target, height * width);
      return outlinePath(mask, { height, width }, cell);
    });
    return { part: name, path: paths.join("") };
  });
}
