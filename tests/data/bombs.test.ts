/** Files that would cost minutes or gigabytes end in a sentence before anything is decoded, or read for ever. */
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors.js";
import { checkDataset } from "../../src/data/check/check.js";
import { loadDataset } from "../../src/data/dataset.js";
import { checkPixels } from "../../src/data/formats/format.js";
import { decodeHeader, decodeImage, readImage } from "../../src/data/images/read-image.js";
import { withRoom } from "../../src/data/room.js";
import { bmp, type PngKind, png, put, putDatasetYaml, temporaryFolder } from "./files.js";
import { tiffFile } from "./tiff-file.js";

const folder = temporaryFolder();

/** A small PNG whose header declares another size. */
function declared(width: number, height: number, kind: PngKind, bits: 8 | 16): Buffer {
  const file = png(1, 1, [0, 0, 0, 0], { kind, bits });
  file.writeUInt32BE(width, 16);
  file.writeUInt32BE(height, 20);
  return file;
}

async function sentence(bytes: Uint8Array, palette: "colours" | "indices" = "colours"): Promise<string> {
  const error = await decodeImage(bytes, "x", palette).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

describe("hostile sizes", () => {
  it.each([
    [
      "one pixel wide",
      declared(1, 2 ** 26, "grey", 8),
      "x: declares 1 x 67108864 pixels, but dimseg reads no side over 65535",
    ],
    [
      "one pixel high",
      declared(2 ** 26, 1, "grey", 8),
      "x: declares 67108864 x 1 pixels, but dimseg reads no side over 65535",
    ],
    [
      "RGBA of 16 bits",
      declared(8192, 8192, "rgba", 16),
      "x: declares 8192 x 8192 pixels of 8 bytes, 512 MiB in all; dimseg reads up to 96 MiB",
    ],
    [
      "grey with alpha, decoded as RGBA",
      declared(8192, 8192, "greyAlpha", 8),
      "x: declares 8192 x 8192 pixels of 4 bytes",
    ],
    ["a palette's colours", declared(8192, 8192, "palette", 8), "x: declares 8192 x 8192 pixels of 3 bytes"],
    ["a BMP of colours", declaredBmp(8000, 8000), "x: declares 8000 x 8000 pixels of 3 bytes"],
  ])("of a PNG or BMP: %s", async (_, file, message) => {
    expect(await sentence(file)).toContain(message);
    await expect(decodeHeader(file, "x")).rejects.toThrow(message);
  });

  it("of a TIFF, its tiles among them", async () => {
    const sized = (width: number, height: number) => ({ 256: ["long", [width]], 257: ["long", [height]] }) as const;
    expect(await sentence(tiffFile(1, 1, [0], { tags: sized(2 ** 26, 1) }))).toContain("no side over 65535");
    const rgb = { channels: 3, bits: 16, tags: sized(8000, 8000) } as const;
    expect(await sentence(tiffFile(1, 1, [0, 0, 0], rgb))).toContain("8000 x 8000 pixels of 6 bytes");
    const tiles = { 322: ["long", [65520]], 323: ["long", [65520]] } as const;
    expect(await sentence(tiffFile(16, 16, Array(256).fill(0), { tags: tiles }))).toMatch(
      /^x: a tile: declares 65520 x 65520/,
    );
  });

  it("leave the largest pictures that are read alone", () => {
    for (const [width, height, bytes] of [
      [8192, 8192, 1],
      [65535, 1024, 1],
      [5792, 5792, 3],
      [4096, 6144, 4],
    ])
      expect(() => checkPixels(width, height, "x", bytes)).not.toThrow();
  });
});

function declaredBmp(width: number, height: number): Buffer {
  const file = bmp(1, 1, [0, 0, 0], 24);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  return file;
}

describe("JPEG", () => {
  /** A progressive JPEG of a flat picture, and where its last scan begins. */
  async function progressive(): Promise<{ file: Buffer; last: number }> {
    const flat = sharp({ create: { width: 64, height: 64, channels: 3, background: "#804020" } });
    const file = await flat.jpeg({ progressive: true }).toBuffer();
    return { file, last: file.lastIndexOf(Buffer.from([0xff, 0xda])) };
  }

  it("of a thousand scans over many pixels is refused, the few of a photograph are not", async () => {
    const { file, last } = await progressive();
    expect((await decodeImage(file, "x")).grid.shape).toEqual([64, 64]);
    const scan = file.subarray(last, file.length - 2);
    const hostile = Buffer.concat([file.subarray(0, -2), ...Array<Buffer>(1000).fill(scan), file.subarray(-2)]);
    const frame = hostile.indexOf(Buffer.from([0xff, 0xc2]));
    hostile.writeUInt16BE(4000, frame + 5);
    hostile.writeUInt16BE(4000, frame + 7);
    expect(await sentence(hostile)).toMatch(
      /^x: draws 4000 x 4000 pixels in 10\d\d scans; save it again without them$/,
    );
  });

  it("of a thousand scans in a strip of a TIFF is refused as well, one of many strips is not", async () => {
    const scans = Buffer.concat(Array<Buffer>(1000).fill(Buffer.from([0xff, 0xda, 0, 0])));
    const tags = { 256: ["long", [4000]], 257: ["long", [4000]], 259: ["short", [7]], 278: ["long", [4000]] } as const;
    expect(await sentence(tiffFile(1, 4000, scans, { tags }))).toMatch(/^x: draws 4000 x 4000 pixels in 1000 scans/);
    const flat = sharp({ create: { width: 512, height: 512, channels: 3, background: "#804020" } });
    const tiles = await flat.tiff({ compression: "jpeg", tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer();
    expect((await decodeImage(tiles, "x")).grid.shape).toEqual([512, 512]);
  });

  it("without a frame, or with garbage for segments, is refused", async () => {
    const { file } = await progressive();
    const frame = file.indexOf(Buffer.from([0xff, 0xc2]));
    expect(await sentence(file.subarray(0, frame))).toMatch(/the JPEG is truncated or corrupt/);
    expect(await sentence(Buffer.from([0xff, 0xd8, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]))).toMatch(
      /truncated or corrupt/,
    );
    expect(await sentence(Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(100_000, 0xff)]))).toMatch(
      /truncated/,
    );
  });
});

describe("pictures that a decoder takes whole, so that no time limit ends it", () => {
  const flat = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: "#804020" } });
  const padding = Buffer.alloc(2 ** 25);

  it("are refused above 32 MiB", async () => {
    const files = {
      "an interlaced PNG": await flat(32, 32).png({ progressive: true }).toBuffer(),
      "a progressive JPEG": await flat(32, 32).jpeg({ progressive: true }).toBuffer(),
      "a WebP": await flat(32, 32).webp().toBuffer(),
    };
    for (const [what, file] of Object.entries(files)) {
      expect((await decodeImage(file, "x")).grid.shape).toEqual([32, 32]);
      expect(await sentence(Buffer.concat([file, padding]))).toBe(
        `x: is ${what} of 33 MiB; dimseg reads such files up to 32 MiB, so save it as a PNG that is not interlaced`,
      );
    }
    const plain = await flat(32, 32).png().toBuffer();
    expect((await decodeImage(Buffer.concat([plain, padding]), "x")).grid.shape).toEqual([32, 32]);
  });

  it("hold fewer pixels than others", async () => {
    const interlaced = declared(5792, 5792, "rgb", 8);
    interlaced[28] = 1;
    expect(await sentence(interlaced)).toContain("declares 5792 x 5792 pixels of 4 bytes");
    const webp = await flat(4500, 4500).webp({ effort: 0 }).toBuffer();
    expect(await sentence(webp)).toContain("declares 4500 x 4500 pixels of 5 bytes");
  });
});

describe("TIFF directories", () => {
  it("that point at themselves or out of the file end in a picture or a sentence", async () => {
    const file = tiffFile(4, 4, Array(16).fill(7));
    const loop = Buffer.from(file);
    loop.writeUInt32LE(file.readUInt32LE(4), file.length - 4);
    expect([...(await decodeImage(loop, "x")).samples]).toEqual(Array(16).fill(7));
    const far = Buffer.from(file);
    far.writeUInt32LE(0xfffffff0, 4);
    expect(await sentence(far)).toMatch(/^x: the TIFF is truncated/);
    const many = Buffer.from(file);
    many.writeUInt16LE(0xffff, file.readUInt32LE(4));
    expect(await sentence(many)).toMatch(/^x: the TIFF is truncated/);
    const counts = tiffFile(4, 4, Array(16).fill(7), { tags: { 258: ["short", Array(2000).fill(8)] } });
    await decodeImage(counts, "x").catch((cause: unknown) => expect(cause).toBeInstanceOf(DataError));
  });
});

describe("what is no regular file", () => {
  const pipe = join(folder, "pipe.png");
  execFileSync("mkfifo", [pipe]);
  symlinkSync("/dev/zero", join(folder, "zero.png"));
  mkdirSync(join(folder, "folder.png"));
  symlinkSync("nowhere", join(folder, "nowhere.png"));

  it.each([
    ["pipe.png", "it is a named pipe; give a file"],
    ["zero.png", "it is a device; give a file"],
    ["folder.png", "it is a folder; give a file"],
    ["nowhere.png", "it is a link to nowhere, which is not there; mount or mend its target"],
  ])("is refused before it is read: %s", async (name, reason) => {
    await expect(readImage(join(folder, name))).rejects.toThrow(`${join(folder, name)}: cannot be read: ${reason}`);
  });

  it("is refused in a data set, beside images that are read", async () => {
    const root = join(folder, "set");
    put(
      join(root, "images/a.png"),
      png(
        16,
        16,
        Array.from({ length: 256 }, (_, i) => i),
      ),
    );
    execFileSync("mkfifo", [join(root, "images/b.png")]);
    const domains = [{ name: "a", train: { images: "images/{id}.png" } }];
    const { problems, splits } = await checkDataset(loadDataset(putDatasetYaml(root, { domains })));
    expect(problems.map(({ message }) => message)).toContain(
      `${join(root, "images/b.png")}: cannot be read: it is a named pipe; give a file`,
    );
    expect(splits[0]).toMatchObject({ cases: 2, sizes: "16 x 16" });
  });

  it("and a file that is too large is not read either", async () => {
    const path = put(join(folder, "large.png"), png(1, 1, [0]));
    truncateSync(path, 2 ** 27 + 1);
    await expect(readImage(path)).rejects.toThrow(`${path}: is larger than 128 MiB`);
  });
});

describe("withRoom", () => {
  /** A task that ends when it is told to. */
  function held() {
    let end = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    return { end, over };
  }

  it("lets several small tasks in, a large one alone, and keeps their order", async () => {
    const log: string[] = [];
    const ends = [held(), held(), held(), held()];
    const mib = 2 ** 20;
    const start = (name: number, bytes: number) =>
      withRoom(bytes, async () => {
        log.push(`${name} in`);
        await ends[name].over;
        log.push(`${name} out`);
      });
    const tasks = [start(0, 200 * mib), start(1, 200 * mib), start(2, 4000 * mib), start(3, mib)];
    await Promise.resolve();
    await Promise.resolve();
    expect(log).toEqual(["0 in", "1 in"]);
    ends[1].end();
    await tasks[1];
    expect(log).toEqual(["0 in", "1 in", "1 out"]);
    ends[0].end();
    await tasks[0];
    ends[2].end();
    await tasks[2];
    ends[3].end();
    await tasks[3];
    expect(log).toEqual(["0 in", "1 in", "1 out", "0 out", "2 in", "2 out", "3 in", "3 out"]);
  });

  it("gives its room back after a failure", async () => {
    const failing = () => withRoom(2 ** 40, () => Promise.reject(new DataError("no")));
    await expect(failing()).rejects.toThrow("no");
    await expect(failing()).rejects.toThrow("no");
    expect(await withRoom(1, async () => 7)).toBe(7);
  });
});
