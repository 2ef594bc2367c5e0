/**
 * Contact sheets: a grid of pictures with the outlines of their masks, as one PNG to look at.
 * For phantoms, data checks and reports alike; knows nothing of domains or methods.
 */
import sharp from "sharp";
import { UsageError } from "../core/errors.js";
import { writeFileAtomic } from "../core/files/atomic-file.js";
import { paintRim } from "./raster-outline.js";
import { shorten, svgToPng } from "./svg.js";
import { wordsSvg } from "./words-svg.js";

/** One picture of a sheet. */
export interface SheetTile {
  width: number;
  height: number;
  channels: 1 | 3;
  /** `[height, width, channels]`, 0 to 255 */
  image: Uint8Array;
  /** outlines to draw: where `mask` `[height, width]` is non-zero, in a colour of three bytes */
  contours?: readonly { mask: Uint8Array; colour: readonly [number, number, number] }[];
  /** Written over its lower edge; files only. */
  caption?: string;
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
    place(sheet, drawTile(tile, zoom), { ...cornerOf(i, columns, cell), width: w * zoom });
  });
  return sheet;
}

/** Where a tile lies. @param cell of a tile with the gap beside it */
function cornerOf(tile: number, columns: number, cell: { width: number; height: number }) {
  return { left: gap + (tile % columns) * cell.width, top: gap + Math.floor(tile / columns) * cell.height };
}

const captionSize = 12;

/** The captions as a picture over the whole sheet. */
function captionsPng(tiles: readonly SheetTile[], { width, height }: Sheet, columns: number, zoom: number): Uint8Array {
  const words = tiles.flatMap(({ caption, width: w, height: h }, i) => {
    if (caption === undefined) return [];
    const { left, top } = cornerOf(i, columns, { width: w * zoom + gap, height: h * zoom + gap });
    const text = shorten(caption, Math.floor((w * zoom) / (0.6 * captionSize)));
    return [{ text, x: left + (w * zoom) / 2, y: top + h * zoom - captionSize }];
  });
  return svgToPng(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${wordsSvg(words, captionSize)}</svg>`,
  );
}

/** Renders the tiles and writes the sheet as PNG. */
export async function writeContactSheet(
  path: string,
  tiles: readonly SheetTile[],
  columns: number,
  zoom = 1,
): Promise<void> {
  const sheet = contactSheet(tiles, columns, zoom);
  const picture = sharp(sheet.data, { raw: { width: sheet.width, height: sheet.height, channels: 3 } });
  const captioned = tiles.some(({ caption }) => caption !== undefined);
  if (captioned) picture.composite([{ input: Buffer.from(captionsPng(tiles, sheet, columns, zoom)) }]);
  writeFileAtomic(path, await picture.removeAlpha().png().toBuffer());
}

/** A tile as RGB, with its outlines, `zoom` times as large. */
function drawTile(tile: SheetTile, zoom: number): Uint8Array {
  const [height, width] = [tile.height * zoom, tile.width * zoom];
  const source = (i: number) => Math.floor(Math.floor(i / width) / zoom) * tile.width + Math.floor((i % width) / zoom);
  const picture = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++)
      picture[3 * i + c] = tile.image[source(i) * tile.channels + (tile.channels === 3 ? c : 0)];
  }
  for (const { mask, colour } of tile.contours ?? []) {
    const enlarged = Uint8Array.from({ length: height * width }, (_, i) => mask[source(i)]);
    paintRim(picture, enlarged, { height, width }, colour);
  }
  return picture;
}

function place(
  sheet: Sheet,
  picture: Uint8Array,
  { left, top, width }: { left: number; top: number; width: number },
): void {
  for (let row = 0; row * width * 3 < picture.length; row++) {
    const pixels = picture.subarray(row * width * 3, (row + 1) * width * 3);
    sheet.data.set(pixels, ((top + row) * sheet.width + left) * 3);
  }
}
