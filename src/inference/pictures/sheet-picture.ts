/** A volume's image on a sheet (grid/sheet.ts). */
import sharp from "sharp";
import { interleave } from "../../grid/interleave.js";
import { type Sheet, sliceIn } from "../../grid/sheet.js";
import { plane, type StoredImage } from "../../grid/stored-image.js";

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
    const { samples, grid } = sliceIn(shown, cell);
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
