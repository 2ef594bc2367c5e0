/** Damaged image files: a picture or one sentence, soon, and never a crash, whatever the bytes. */
import sharp from "sharp";
import { DataError } from "../src/core/errors.js";
import { RandomStream } from "../src/core/random.js";
import { decodeHeader, decodeImage } from "../src/data/read-image.js";
import { voxelCount } from "../src/grid/grid.js";
import { mutated } from "./mutated.js";
import type { Soak } from "./soak.js";
import { Tries } from "./tries.js";

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

export const run: Soak = async ({ seed, quick, say }) => {
  const random = new RandomStream(seed, "soak-image-files", 0);
  const files = await originals(random);
  const names = [...files.keys()];
  const counts = { files: files.size, truncations: 0, mutations: quick ? 500 : 100_000, decoded: 0, refused: 0 };
  const tries = new Tries(say);
  const attempt = (name: string, bytes: Buffer, what: string) =>
    tries.timed(`${name}, ${what}`, async () => {
      try {
        await decodeHeader(bytes, name).catch((error) => {
          if (!(error instanceof DataError)) throw error;
        });
        const { grid, channels, samples } = await decodeImage(bytes, name, random.bernoulli() ? "indices" : "colours");
        counts.decoded++;
        if (samples.length !== voxelCount(grid) * channels)
          tries.fail(`${name}, ${what}: has another size than it says`);
      } catch (error) {
        if (error instanceof DataError && error.message.startsWith(`${name}: `)) counts.refused++;
        else tries.fail(`${name}, ${what}: ${error}`);
      }
    });
  for (const [name, bytes] of files)
    for (let length = 0; length < bytes.length; length += quick ? 41 : 1) {
      await attempt(name, bytes.subarray(0, length), `cut to ${length} bytes`);
      counts.truncations++;
    }
  say(`${counts.truncations} truncations, ${tries.failures.length} failures`);
  await tries.mutate(names, random, counts.mutations, (name, what) =>
    attempt(name, mutated(files.get(name) as Buffer, random, 120), what),
  );
  return {
    promise: "a damaged image file is a picture or a sentence within two seconds, never a crash",
    counts: {
      ...counts,
      slowestMs: tries.slowestMs,
      peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    },
    failures: tries.failures,
  };
};
