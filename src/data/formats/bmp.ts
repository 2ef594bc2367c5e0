/**
 * A strict reader of uncompressed Windows bitmaps (1, 4, 8, 24 and 32 bits), which sharp does not read. The layout
 * is that of BITMAPFILEHEADER and BITMAPINFOHEADER in Microsoft's documentation.
 */
import { DataError } from "../../core/errors.js";
import { makeGrid } from "../../grid/grid.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { checkPixels, type Format, type PaletteReading, startsWith } from "./format.js";

interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  readonly pixelOffset: number;
  readonly paletteOffset: number;
  readonly paletteSize: number;
  readonly rowBytes: number;
}

function broken(file: string, what: string): DataError {
  return new DataError(`${file}: the BMP ${what}; save it again as PNG`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readHeader(view: DataView, file: string): BmpHeader {
  if (view.byteLength < 54) throw broken(file, "is truncated within its header");
  const headerSize = view.getUint32(14, true);
  if (headerSize < 40) throw broken(file, "has an OS/2 header, which is not read");
  const width = view.getInt32(18, true);
  const signedHeight = view.getInt32(22, true);
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  checkPixels(width, Math.abs(signedHeight), file, bits > 8 ? 3 : 1);
  if (compression !== 0) throw broken(file, `is stored with compression ${compression}, which is not read`);
  if (![1, 4, 8, 24, 32].includes(bits)) throw broken(file, `has ${bits} bits a pixel, which is not read`);
  const declared = view.getUint32(46, true);
  const header = {
    width,
    height: Math.abs(signedHeight),
    topDown: signedHeight < 0,
    bits,
    pixelOffset: view.getUint32(10, true),
    paletteOffset: 14 + headerSize,
    paletteSize: bits > 8 ? 0 : declared === 0 ? 2 ** bits : declared,
    rowBytes: Math.ceil((width * bits) / 32) * 4,
  };
  if (header.paletteSize > 2 ** bits && bits <= 8) throw broken(file, "declares more palette entries than indices");
  if (header.paletteOffset + 4 * header.paletteSize > view.byteLength)
    throw broken(file, "is truncated in its palette");
  if (header.pixelOffset + header.rowBytes * header.height > view.byteLength) throw broken(file, "is truncated");
  return header;
}

/** The palette index of pixel (row, column) of a 1, 4 or 8 bit image. */
function indexAt(bytes: Uint8Array, rowStart: number, column: number, bits: number): number {
  const perByte = 8 / bits;
  const shift = 8 - bits * ((column % perByte) + 1);
  return (bytes[rowStart + Math.floor(column / perByte)] >> shift) & (2 ** bits - 1);
}

/**
 * Decodes a bitmap.
 * @param palette what palette files give: their colours (grey where all entries are grey), or the index numbers
 * @throws DataError when the file is truncated, compressed, of another depth, or uses an index without a colour
 */
function readBmp(bytes: Uint8Array, file: string, palette: PaletteReading): StoredImage {
  const header = readHeader(viewOf(bytes), file);
  const { width, height, bits } = header;
  const grid = makeGrid(file, [height, width]);
  const rowStart = (row: number) =>
    header.pixelOffset + header.rowBytes * (header.topDown ? row : header.height - 1 - row);
  if (bits > 8) return { grid, channels: 3, samples: readColours(bytes, header, rowStart) };
  const indices = new Uint8Array(width * height);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const index = indexAt(bytes, rowStart(row), column, bits);
      if (index >= header.paletteSize) throw broken(file, `uses palette entry ${index}, which it does not have`);
      indices[row * width + column] = index;
    }
  return {
    grid,
    ...(palette === "indices" ? { channels: 1, samples: indices } : applyPalette(indices, bytes, header, file)),
  };
}

/** Planes `[3, H, W]` of red, green and blue. */
function readColours(bytes: Uint8Array, header: BmpHeader, rowStart: (row: number) => number): Uint8Array {
  const { width, height, bits } = header;
  const samples = new Uint8Array(width * height * 3);
  let target = 0;
  for (let channel = 0; channel < 3; channel++)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++)
        samples[target++] = bytes[rowStart(row) + (column * bits) / 8 + 2 - channel];
  return samples;
}

function applyPalette(indices: Uint8Array, bytes: Uint8Array, header: BmpHeader, file: string) {
  const entry = (index: number, channel: number) => bytes[header.paletteOffset + 4 * index + 2 - channel];
  const grey = Array.from({ length: header.paletteSize }, (_, i) => i).every(
    (i) => entry(i, 0) === entry(i, 1) && entry(i, 0) === entry(i, 2),
  );
  if (grey) return { channels: 1, samples: indices.map((index) => entry(index, 0)) };
  checkPixels(header.width, header.height, file, 3);
  const samples = new Uint8Array(indices.length * 3);
  for (let c = 0; c < 3; c++) {
    const levels = Uint8Array.from({ length: header.paletteSize }, (_, index) => entry(index, c));
    for (let i = 0; i < indices.length; i++) samples[c * indices.length + i] = levels[indices[i]];
  }
  return { channels: 3, samples };
}

export const bmpFormat: Format = {
  name: "BMP",
  summary: "uncompressed Windows bitmaps of 1, 4, 8, 24 and 32 bits; palette masks give their numbers",
  source: "BITMAPFILEHEADER and BITMAPINFOHEADER in Microsoft's documentation; own code",
  extensions: ["bmp"],
  sniff: (head) => startsWith(head, "BM"),
  read: async (bytes, file, palette) => readBmp(bytes, file, palette),
  header: async (bytes, file) => {
    const { width, height } = readHeader(viewOf(bytes), file);
    return { grid: makeGrid(file, [height, width]), channels: 3, sampleType: "uint8" };
  },
};
