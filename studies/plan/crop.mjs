/**
 * The middle of every PNG of a folder, cut out, in a folder of the same names; other files are copied:
 *
 *   node studies/plan/crop.mjs FOLDER CROPS WIDTHxHEIGHT
 */
import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import sharp from "sharp";

const [folder, crops, size = ""] = process.argv.slice(2);
const [width, height] = size.split("x").map(Number);
if (!folder || !crops || !(width > 0 && height > 0)) {
  console.error("usage: node studies/plan/crop.mjs FOLDER CROPS WIDTHxHEIGHT");
  process.exit(2);
}

for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const from = join(entry.parentPath, entry.name);
  const to = join(crops, from.slice(folder.length));
  mkdirSync(dirname(to), { recursive: true });
  if (!entry.name.endsWith(".png")) {
    cpSync(from, to);
    continue;
  }
  const image = await sharp(from).metadata();
  const [left, top] = [Math.floor((image.width - width) / 2), Math.floor((image.height - height) / 2)];
  await sharp(from).toColourspace(image.space).extract({ left, top, width, height }).png().toFile(to);
}
