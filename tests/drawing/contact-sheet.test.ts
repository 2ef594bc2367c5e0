import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { contactSheet, type SheetTile, writeContactSheet } from "../../src/drawing/contact-sheet.js";

const red = [255, 0, 0] as const;

function greyTile(width: number, height: number, value: number): SheetTile {
  return { width, height, channels: 1, image: new Uint8Array(width * height).fill(value) };
}

it("lays tiles out in rows with a gap around each", () => {
  const sheet = contactSheet([greyTile(5, 3, 10), greyTile(5, 3, 20), greyTile(5, 3, 30)], 2);
  expect([sheet.width, sheet.height]).toEqual([4 + 2 * 9, 4 + 2 * 7]);
  const at = (x: number, y: number): number[] => [...sheet.data.subarray(3 * (y * sheet.width + x)).subarray(0, 3)];
  expect(at(4, 4)).toEqual([10, 10, 10]);
  expect(at(13, 6)).toEqual([20, 20, 20]);
  expect(at(8, 13)).toEqual([30, 30, 30]);
  expect(at(0, 0)).toEqual(at(9, 4));
});

it("draws one-pixel outlines inside the mask, in the enlarged picture", () => {
  const mask = new Uint8Array(36);
  for (const y of [1, 2, 3, 4]) for (const x of [1, 2, 3, 4]) mask[6 * y + x] = 7;
  const tile = { ...greyTile(6, 6, 0), contours: [{ mask, colour: red }] };
  const marked = (zoom: number): number => {
    const { data } = contactSheet([tile], 1, zoom);
    let sum = 0;
    for (let i = 0; i < data.length; i += 3) sum += data[i] === 255 && data[i + 1] === 0 ? 1 : 0;
    return sum;
  };
  expect(marked(1)).toBe(12);
  expect(marked(3)).toBe(44);
});

it("writes a PNG with the pixels of the sheet", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dimseg-sheet-"));
  const colour = { width: 2, height: 1, channels: 3 as const, image: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  await writeContactSheet(join(folder, "sheet.png"), [colour], 4, 2);
  const { data, info } = await sharp(join(folder, "sheet.png")).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([12, 10]);
  expect(new Uint8Array(data)).toEqual(contactSheet([colour], 4, 2).data);
  rmSync(folder, { recursive: true });
});

it("refuses no tiles and tiles of two sizes", () => {
  expect(() => contactSheet([], 3)).toThrow(UsageError);
  expect(() => contactSheet([greyTile(2, 2, 0), greyTile(3, 2, 0)], 3)).toThrow(/differ in size/);
});
