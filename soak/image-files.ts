/** Damaged image files: a picture or one sentence, soon, and never a crash, whatever the bytes. */
import sharp from "sharp";
import { RandomStream } from "../src/core/random.js";
import { decodeImage } from "../src/data/images/read-image.js";
import { damageFiles } from "./damaged-files.js";
import type { Soak } from "./soak.js";

const [width, height] = [24, 20];

/** A BMP, which sharp does not write. */
function bitmap(bits: number): Buffer {
  const colours = bits > 8 ? 0 : 2 ** bits;
  const offset = 54 + 4 * colours;
  const file = Buffer.alloc(offset + Math.ceil((width * bits) / 32) * 4 * height);
  file.write("BM");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(offset, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  file.writeUInt32LE(colours, 46);
  for (let i = 54; i < file.length; i++) file[i] = (i * 37) & 255;
  return file;
}

/** One file of every kind that is read. */
async function originals(random: RandomStream): Promise<Map<string, Buffer>> {
  const noise = (count: number, top: number) => Array.from({ length: count }, () => random.integer(0, top));
  const colour = () => sharp(Uint8Array.from(noise(width * height * 3, 255)), { raw: { width, height, channels: 3 } });
  const grey = () =>
    sharp(Uint8Array.from(noise(width * height, 255)), { raw: { width, height, channels: 1 } }).toColourspace("b-w");
  const wide = () =>
    sharp(Uint16Array.from(noise(width * height, 65535)), { raw: { width, height, channels: 1 } }).toColourspace(
      "grey16",
    );
  const tiff = (compression: "none" | "lzw" | "deflate" | "jpeg" | "packbits" | "ccittfax4") => ({ compression });
  const files: [string, Buffer | Promise<Buffer>][] = [
    ["rgb.png", colour().png().toBuffer()],
    ["alpha.png", colour().ensureAlpha(0.5).png().toBuffer()],
    ["grey.png", grey().png().toBuffer()],
    ["palette.png", colour().png({ palette: true, colours: 16 }).toBuffer()],
    ["interlaced.png", colour().png({ progressive: true }).toBuffer()],
    ["wide.png", wide().png().toBuffer()],
    ["rgb.jpg", colour().jpeg().toBuffer()],
    ["progressive.jpg", colour().jpeg({ progressive: true }).toBuffer()],
    ["turned.jpg", colour().withMetadata({ orientation: 6 }).jpeg().toBuffer()],
    ["grey.jpg", grey().jpeg().toBuffer()],
    ["cmyk.jpg", colour().toColourspace("cmyk").jpeg().toBuffer()],
    ["none.tif", colour().tiff(tiff("none")).toBuffer()],
    ["lzw.tif", colour().tiff(tiff("lzw")).toBuffer()],
    ["deflate.tif", colour().tiff(tiff("deflate")).toBuffer()],
    ["jpeg.tif", colour().tiff(tiff("jpeg")).toBuffer()],
    ["packbits.tif", colour().tiff(tiff("packbits")).toBuffer()],
    [
      "bilevel.tif",
      grey()
        .tiff({ ...tiff("ccittfax4"), bitdepth: 1 })
        .toBuffer(),
    ],
    [
      "tiled.tif",
      colour()
        .tiff({ ...tiff("deflate"), tile: true, tileWidth: 16, tileHeight: 16 })
        .toBuffer(),
    ],
    [
      "wide.tif",
      wide()
        .tiff({ ...tiff("lzw"), predictor: "horizontal" })
        .toBuffer(),
    ],
    ["big.tif", colour().tiff({ bigtiff: true }).toBuffer()],
    ["lossy.webp", colour().webp().toBuffer()],
    ["lossless.webp", colour().webp({ lossless: true }).toBuffer()],
    ["alpha.webp", colour().ensureAlpha(0.5).webp().toBuffer()],
    ...[1, 4, 8, 24, 32].map((bits): [string, Buffer] => [`${bits}.bmp`, bitmap(bits)]),
  ];
  return new Map(await Promise.all(files.map(async ([name, bytes]) => [name, await bytes] as const)));
}

export const run: Soak = async (options) => {
  const random = new RandomStream(options.seed, "soak-image-files", 0);
  const files = await originals(random);
  const decode = (bytes: Buffer, name: string) => decodeImage(bytes, name, random.bernoulli() ? "indices" : "colours");
  const mutations = options.quick ? 500 : 100_000;
  const promise = "a damaged image file is a picture or a sentence within two seconds, never a crash";
  return damageFiles(promise, { files, headBytes: 120, mutations, decode }, random, options);
};
