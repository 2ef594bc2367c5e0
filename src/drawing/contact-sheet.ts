/**
 * Contact sheets: a grid of pictures with the outlines of their masks, as one PNG to look at.
 * For phantoms, data checks and reports alike; knows nothing of domains or methods.
 */
import sharp from "sharp";
import { writeFileAtomic } from "../core/atomic-file.js";
import { UsageError } from "../core/errors.js";

/** One picture of a sheet. */
export interface SheetTile {
  width: number;
  height: number;
  channels: 1 | 3;
  /** `[height, width, channels]`, 0 to 255 */
  image: Uint8Array;
  /** outlines to draw: where `mask` `[height, width]` is non-zero, in a colour of three bytes */
  contours?: readonly { mask: Uint8Array; colour: readonly [number, number, number] }[];
}

/** A finished sheet, `[height, width, 3]`. */
export interface Sheet {
  width: number;
  height: number;
  data: Uint8Array;
}

const gap = 4;
const paper = 34;

/**
 * Lays tiles out row by row, each enlarged by the whole number `zoom` so that outlines stay one pixel thin.
 * @throws UsageError when there are no tiles or they differ in size
 */
export function contactSheet(tiles: readonly SheetTile[], columns: number, zoom = 1): Sheet {
  if (tiles.length === 0) throw new UsageError("contactSheet: there are no tiles; give at least one picture");
  const { width: w, height: h } = tiles[0];
  if (tiles.some((tile) => tile.width !== w || tile.height !== h))
    throw new UsageError("contactSheet: the tiles differ in size; resize them to one size first");
  const cell = { width: w * zoom + gap, height: h * zoom + gap };
  const sheet: Sheet = {
    width: Math.min(columns, tiles.length) * cell.width + gap,
    height: Math.ceil(tiles.length / columns) * cell.height + gap,
    data: new Uint8Array(0),
  };
  sheet.data = new Uint8Array(sheet.width * sheet.height * 3).fill(paper);
  tiles.forEach((tile, i) => {
    const left = gap + (i % columns) * cell.width;
    const top = gap + Math.floor(i / columns) * cell.height;
    drawPicture(sheet, tile, left, top, zoom);
    for (const contour of tile.contours ?? []) drawContour(sheet, tile, contour, left, top, zoom);
  });
  return sheet;
}

/** Renders the tiles and writes the sheet as PNG. */
export async function writeContactSheet(
  path: string,
  tiles: readonly SheetTile[],
  columns: number,
  zoom = 1,
): Promise<void> {
  const { data, width, height } = contactSheet(tiles, columns, zoom);
  writeFileAtomic(
    path,
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
}

function drawPicture(sheet: Sheet, tile: SheetTile, left: number, top: number, zoom: number): void {
  for (let y = 0; y < tile.height * zoom; y++) {
    for (let x = 0; x < tile.width * zoom; x++) {
      const from = (Math.floor(y / zoom) * tile.width + Math.floor(x / zoom)) * tile.channels;
      const to = ((top + y) * sheet.width + left + x) * 3;
      for (let c = 0; c < 3; c++) sheet.data[to + c] = tile.image[from + (tile.channels === 3 ? c : 0)];
    }
  }
}

/** Marks the enlarged pixels of the mask that touch, side by side, one outside of it. */
function drawContour(
  sheet: Sheet,
  tile: SheetTile,
  contour: { mask: Uint8Array; colour: readonly [number, number, number] },
  left: number,
  top: number,
  zoom: number,
): void {
  const inside = (x: number, y: number): boolean =>
    x >= 0 &&
    y >= 0 &&
    x < tile.width * zoom &&
    y < tile.height * zoom &&
    contour.mask[Math.floor(y / zoom) * tile.width + Math.floor(x / zoom)] !== 0;
  for (let y = 0; y < tile.height * zoom; y++) {
    for (let x = 0; x < tile.width * zoom; x++) {
      if (!inside(x, y)) continue;
      if (inside(x - 1, y) && inside(x + 1, y) && inside(x, y - 1) && inside(x, y + 1)) continue;
      sheet.data.set(contour.colour, ((top + y) * sheet.width + left + x) * 3);
    }
  }
}
