/** Draws the preview: a row for each case, the image and its reference first, then a column for each time. */
import sharp from "sharp";
import type { PreparedImage } from "../../data/images/prepare-image.js";
import type { PictureSize } from "../../drawing/outline-path.js";
import { outlineSvg } from "../../drawing/outline-svg.js";
import { escapeXml, shorten, svgFont, svgToPng } from "../../drawing/svg.js";
import { type PictureWord, wordsSvg } from "../../drawing/words-svg.js";
import { interleave } from "../../grid/interleave.js";
import type { Sheet } from "../../grid/sheet.js";
import { sheetPicture } from "../../inference/pictures/sheet-picture.js";
import { thinned, tileSide } from "./preview-cases.js";

/** What the file may take, in bytes. */
export const mostBytes = 300_000;
const mostColumns = 8;
/** Of the picture, in pixels, where tiles are wide. */
const mostWidth = 1800;

/** A row: what is the same at all times. */
export interface PreviewRow {
  readonly title: string;
  /** Of the image, in pixels; {@link tileSide} squared unless given. */
  readonly tile?: PictureSize;
  /** PNG of the image in that size. */
  readonly image: Uint8Array;
  /** What is written over the image. */
  readonly words?: readonly PictureWord[];
  /** Paths of the parts in tile coordinates; none where the reference is not shown. */
  readonly reference: readonly string[];
}

/** What the picture is of. */
export interface PreviewSubject {
  readonly rows: readonly PreviewRow[];
  /** Names of the parts in the order of the paths. */
  readonly parts: readonly string[];
}

/** A column: what the network said at a time. */
export interface PreviewColumn {
  readonly iteration: number;
  /** Paths of the parts for each row. */
  readonly outlines: readonly (readonly string[])[];
}

const gap = 4;
const rowHead = 14;
const columnHead = 18;
const legendLine = 15;
const unit = 0.56;
const wordSize = 9;
/** Of the usual letter, in pixels. */
const letterWidth = 6.2;

function text(x: number, y: number, words: string, bold = false): string {
  return `<text x="${x}" y="${y}"${bold ? ' font-weight="bold"' : ""}>${escapeXml(words)}</text>`;
}

function outlinesSvg(paths: readonly string[], kind: "reference" | "prediction"): string {
  return paths.map((path, part) => outlineSvg(path, { kind, part, unit })).join("");
}

const usualTile: PictureSize = { height: tileSide, width: tileSide };

function tileOf({ tile = usualTile }: PreviewRow): PictureSize {
  return tile;
}

/** Width of the columns: that of the widest tile. */
function cellWidth(rows: readonly PreviewRow[]): number {
  return Math.max(...rows.map((row) => tileOf(row).width));
}

function rowSvg(of: PreviewRow, row: number, columns: readonly PreviewColumn[], cell: number): string {
  const { title, image, reference, words = [] } = of;
  const { height, width } = tileOf(of);
  const data = Buffer.from(image).toString("base64");
  const picture = `<image id="row-${row}" width="${width}" height="${height}" href="data:image/png;base64,${data}"/>`;
  const tile = (column: number, content: string) =>
    `<svg x="${column * (cell + gap)}" y="${rowHead}" width="${width}" height="${height}">${content}</svg>`;
  const expected = outlinesSvg(reference, "reference");
  const tiles = columns.map(({ outlines }, c) =>
    tile(c + 1, `<use href="#row-${row}"/>${expected}${outlinesSvg(outlines[row], "prediction")}`),
  );
  const letters = Math.floor(((columns.length + 1) * cell) / letterWidth);
  return (
    text(0, 10, shorten(title, letters)) + tile(0, picture + expected + wordsSvg(words, wordSize)) + tiles.join("")
  );
}

interface LegendEntry {
  readonly words: string;
  readonly kind: "reference" | "prediction";
  readonly part: number;
  readonly x: number;
  readonly line: number;
}

/** What the outlines mean, in as many lines as that takes. */
function legendEntries(parts: readonly string[], width: number): LegendEntry[] {
  const entries = [
    ...parts.map((name, part) => ({ words: `${shorten(name, 20)} of the student`, kind: "prediction" as const, part })),
    { words: "reference", kind: "reference" as const, part: 0 },
  ];
  let x = 0;
  let line = 0;
  return entries.map((entry) => {
    const needed = 40 + entry.words.length * letterWidth;
    if (x > 0 && x + needed > width) {
      x = 0;
      line++;
    }
    const at = { ...entry, x, line };
    x += needed;
    return at;
  });
}

function legendSvg(entries: readonly LegendEntry[], y: number): string {
  const sample = ({ kind, part }: LegendEntry) =>
    `<rect width="26" height="9" fill="#8a8178"/>${outlineSvg("M2 4.5H24", { kind, part, unit })}`;
  return entries
    .map((one) => {
      const place = `translate(${one.x} ${y + one.line * legendLine})`;
      return `<g transform="${place}">${sample(one)}${text(31, 8, one.words)}</g>`;
    })
    .join("");
}

function previewSvg({ rows, parts }: PreviewSubject, columns: readonly PreviewColumn[]): string {
  const cell = cellWidth(rows);
  const width = (columns.length + 1) * (cell + gap) - gap;
  const legend = legendEntries(parts, width);
  let picturesEnd = columnHead;
  const drawn = rows.map((row, r) => {
    const placed = `<g transform="translate(0 ${picturesEnd})">${rowSvg(row, r, columns, cell)}</g>`;
    picturesEnd += rowHead + tileOf(row).height + gap;
    return placed;
  });
  const height = picturesEnd + 3 + legendLine * (1 + (legend.at(-1)?.line ?? 0));
  const heads = ["image", ...columns.map(({ iteration }) => `step ${iteration}`)];
  const body = [
    ...heads.map((head, c) => text(c * (cell + gap), 11, head, true)),
    ...drawn,
    legendSvg(legend, picturesEnd + 6),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width + 2 * gap}" height="${height + 2 * gap}">` +
    `<rect width="100%" height="100%" fill="#fff"/><g transform="translate(${gap} ${gap})" fill="#1d2127" ` +
    `font-family="${svgFont}" font-size="10">${body.join("")}</g></svg>`
  );
}

/**
 * The preview as PNG of at most {@link mostBytes}: up to eight times, the first, the last and evenly spaced ones between,
 * fewer when that is too large or the tiles are wide.
 * @param columns at least one, in order of time
 */
export async function drawPreview(subject: PreviewSubject, columns: readonly PreviewColumn[]): Promise<Uint8Array> {
  const fitting = Math.max(1, Math.floor(mostWidth / (cellWidth(subject.rows) + gap)) - 1);
  for (let most = Math.min(mostColumns, fitting, columns.length); ; most--) {
    const shown = most === 1 ? columns.slice(-1) : thinned(columns, most);
    const drawn = svgToPng(previewSvg(subject, shown));
    const png = await sharp(drawn).png({ palette: true, effort: 1 }).toBuffer();
    if (png.length <= mostBytes || most === 1) return png;
  }
}

/** An image as the tile of a row. */
export async function tileImage(
  { image, channels, working }: Pick<PreparedImage, "image" | "channels" | "working">,
  tile: PictureSize = usualTile,
): Promise<Uint8Array> {
  const [height, width] = working.shape;
  const raw = { width, height, channels: channels as 1 | 3 };
  return sharp(interleave(image, channels), { raw }).resize(tile.width, tile.height, { fit: "fill" }).png().toBuffer();
}

/** A volume as the tile of a row: a sheet of its planes. */
export async function sheetTile(
  { image, channels, working }: Pick<PreparedImage, "image" | "channels" | "working">,
  sheet: Sheet,
): Promise<Uint8Array> {
  const { data, channels: shown } = await sheetPicture({ grid: working, channels, samples: image }, sheet);
  return sharp(data, { raw: { width: sheet.width, height: sheet.height, channels: shown } })
    .png()
    .toBuffer();
}
