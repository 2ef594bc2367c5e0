/** Makes image files of every kind in a temporary folder, with writers that share no code with the readers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deflateSync } from "node:zlib";
import { afterAll } from "vitest";
import { stringify } from "yaml";
import { crc32Of } from "./crc32.js";

/** A temporary folder that goes away after the test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dimseg-data-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file and the folders above it; returns its path. */
export function put(path: string, content: string | Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** One chunk of a PNG. */
export function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32Of(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

export type PngKind = "grey" | "rgb" | "palette" | "greyAlpha" | "rgba";

const pngTypes: Record<PngKind, { type: number; channels: number }> = {
  grey: { type: 0, channels: 1 },
  rgb: { type: 2, channels: 3 },
  palette: { type: 3, channels: 1 },
  greyAlpha: { type: 4, channels: 2 },
  rgba: { type: 6, channels: 4 },
};

/** One PNG row: samples packed at `bits` a sample, big-endian. */
function packRow(samples: ArrayLike<number>, start: number, count: number, bits: number): Buffer {
  const row = Buffer.alloc(Math.ceil((count * bits) / 8));
  for (let i = 0; i < count; i++) {
    const value = samples[start + i];
    if (bits === 16) row.writeUInt16BE(value, 2 * i);
    else if (bits === 8) row[i] = value;
    else row[Math.floor((i * bits) / 8)] |= value << (8 - bits - ((i * bits) % 8));
  }
  return row;
}

export interface PngOptions {
  kind?: PngKind;
  bits?: 1 | 2 | 4 | 8 | 16;
  palette?: number[][];
  /** Content of the chunk tRNS. */
  transparency?: number[];
}

/** A PNG of interleaved samples `[H, W, C]`, unfiltered. */
export function png(width: number, height: number, samples: ArrayLike<number>, options: PngOptions = {}): Buffer {
  const { kind = "grey", bits = 8, palette, transparency } = options;
  const { type, channels } = pngTypes[kind];
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, bits, type, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const rows: Buffer[] = [];
  for (let y = 0; y < height; y++)
    rows.push(Buffer.from([0]), packRow(samples, y * width * channels, width * channels, bits));
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    ...(palette ? [chunk("PLTE", Buffer.from(palette.flat()))] : []),
    ...(transparency ? [chunk("tRNS", Buffer.from(transparency))] : []),
    chunk("IDAT", deflateSync(Buffer.concat(rows))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A little-endian, uncompressed TIFF with one strip. */
export function tiff(width: number, height: number, samples: ArrayLike<number>, bits: 8 | 16, channels: 1 | 3): Buffer {
  const data = Buffer.alloc((width * height * channels * bits) / 8);
  for (let i = 0; i < width * height * channels; i++)
    if (bits === 8) data[i] = samples[i];
    else data.writeUInt16LE(samples[i], 2 * i);
  const bitsAt = 8 + data.length;
  const entries: [number, number, number, number][] = [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, channels, channels === 1 ? bits : bitsAt],
    [259, 3, 1, 1],
    [262, 3, 1, channels === 1 ? 1 : 2],
    [273, 4, 1, 8],
    [277, 3, 1, channels],
    [278, 4, 1, height],
    [279, 4, 1, data.length],
  ];
  const directory = Buffer.alloc(2 + 12 * entries.length + 4);
  directory.writeUInt16LE(entries.length, 0);
  entries.forEach(([tag, type, count, value], i) => {
    directory.writeUInt16LE(tag, 2 + 12 * i);
    directory.writeUInt16LE(type, 4 + 12 * i);
    directory.writeUInt32LE(count, 6 + 12 * i);
    directory.writeUInt32LE(value, 10 + 12 * i);
  });
  const header = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(bitsAt + 6, 4);
  const bitsList = Buffer.from(Uint16Array.from([bits, bits, bits]).buffer);
  return Buffer.concat([header, data, bitsList, directory]);
}

/** A Windows bitmap: `bits` 1, 4 or 8 with a palette, or 24 from RGB samples. Rows are stored bottom up. */
export function bmp(width: number, height: number, samples: ArrayLike<number>, bits: number, palette: number[][] = []) {
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  const offset = 54 + 4 * palette.length;
  const file = Buffer.alloc(offset + rowBytes * height);
  file.write("BM", 0, "latin1");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(offset, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  file.writeUInt32LE(palette.length, 46);
  palette.forEach(([red, green, blue], i) => {
    file.set([blue, green, red, 0], 54 + 4 * i);
  });
  for (let y = 0; y < height; y++) {
    const start = offset + rowBytes * (height - 1 - y);
    if (bits <= 8) packRow(samples, y * width, width, bits).copy(file, start);
    else
      for (let x = 0; x < width; x++)
        for (let c = 0; c < 3; c++) file[start + 3 * x + c] = samples[3 * (y * width + x) + 2 - c];
  }
  return file;
}

/** Writes a dataset.yaml of grey images with one foreground class; `changes` replace top-level keys. */
export function putDatasetYaml(folder: string, changes: Record<string, unknown> = {}): string {
  const content = {
    name: "tiny",
    target: "softmax",
    channels: 1,
    resize: { size: 16, filter: "bilinear" },
    classes: [
      { index: 0, name: "background" },
      { index: 1, name: "disc" },
    ],
    labels: { kind: "values", map: { 0: "background", 1: "disc" } },
    ...changes,
  };
  return put(join(folder, "dataset.yaml"), stringify(content));
}

/** Square grey pictures, another one at each call, so that none is a copy of another. */
export function pictures(side: number) {
  let drawn = 0;
  /** A picture by its pixels; `n` counts the calls. */
  const draw = (pixel: (x: number, y: number, n: number) => number): Buffer => {
    const n = drawn++;
    return png(
      side,
      side,
      Array.from({ length: side * side }, (_, i) => pixel(i % side, Math.floor(i / side), n)),
    );
  };
  return {
    draw,
    image: () => draw((x, y, n) => (x * 7 + y * 13 + ((x * y * (n + 3)) % 97) + n * 11) % 256),
  };
}
