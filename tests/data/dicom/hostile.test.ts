/** Whatever the bytes, a DICOM file is an image or one sentence that names it, soon and in little memory. */
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DataError } from "../../../src/core/errors.js";
import { dicomFormat } from "../../../src/data/formats/dicom.js";
import { decodeHeader, readVolume } from "../../../src/data/images/read-image.js";
import { put, temporaryFolder } from "../files.js";
import { type Dataset, dicomFile, encode, picture, type Syntax, syntaxes } from "./dicom-file.js";
import { losslessJpeg } from "./lossless-jpeg.js";
import { rle } from "./rle.js";
import { enhanced } from "./series-files.js";

const folder = temporaryFolder();
const explicit = { explicit: true, big: false, unknownLengths: false };

/** A file whose data set is these bytes. */
function fileOf(body: Uint8Array, syntax: Syntax = "explicit"): Buffer {
  const meta = encode({ "00020010 UI": syntaxes[syntax] }, explicit);
  const head = [Buffer.alloc(128), Buffer.from("DICM"), encode({ "00020000 UL": meta.length }, explicit), meta];
  return Buffer.concat([...head, body]);
}

/** The head of an element with a known or unknown length. */
function head(tag: number, vr: string, length: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  bytes.write(vr, 4, "latin1");
  bytes.writeUInt32LE(length, 8);
  return bytes;
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const read = dicomFormat.read(bytes, "file", "colours");
  await expect(read).rejects.toThrow(DataError);
  const message = await read.then(
    () => "",
    (error: Error) => error.message,
  );
  expect(message).toMatch(/^file: /);
  return message;
}

const pixels = Array.from({ length: 30 }, (_, i) => i * 100);

describe("cut anywhere", () => {
  it.each<[string, Buffer]>([
    ["explicit", dicomFile(picture(5, 6, pixels))],
    ["implicit, unknown lengths", dicomFile(enhanced(), { syntax: "implicit", unknownLengths: true })],
    ["big endian", dicomFile(picture(5, 6, pixels), { syntax: "big" })],
    ["deflated", dicomFile(picture(5, 6, pixels), { syntax: "deflated" })],
    [
      "RLE",
      dicomFile(
        { ...picture(5, 6, pixels), "7FE00010 OW": undefined },
        { syntax: "rle", fragments: [rle([new Uint8Array(Uint16Array.from(pixels).buffer)], 2)] },
      ),
    ],
    [
      "lossless JPEG",
      dicomFile(
        { ...picture(5, 6, pixels), "7FE00010 OW": undefined },
        { syntax: "jpegLossless", fragments: [losslessJpeg(pixels, 6, 12)] },
      ),
    ],
  ])("%s", async (_, bytes) => {
    await expect(dicomFormat.read(bytes, "file", "colours")).resolves.toBeDefined();
    // The last delimiter of encapsulated pixels may be missing, and ends of streams may be padding.
    const end = bytes.indexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00]));
    for (let length = 132; length < (end < 0 ? bytes.length - 1 : end); length++)
      await refusal(bytes.subarray(0, length));
    for (let length = Math.max(end, 132); length < bytes.length; length++)
      await dicomFormat.read(bytes.subarray(0, length), "file", "colours").catch((error) => {
        expect(error).toBeInstanceOf(DataError);
      });
  });
});

describe("made to hurt", () => {
  it("bombs of deflate", async () => {
    const bomb = deflateRawSync(Buffer.alloc(2 ** 27 + 1));
    expect(await refusal(fileOf(bomb, "deflated"))).toBe(
      "file: the DICOM file is inflated to more than 128 MiB; store it without deflate",
    );
  });

  it("sequences deeper than anybody makes them", async () => {
    const item = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff]);
    for (const tag of [0x00081115, 0x00091001]) {
      const level = Buffer.concat([head(tag, "SQ", 0xffffffff), item]);
      const deep = Buffer.concat(Array.from({ length: 100_000 }, () => level));
      expect(await refusal(fileOf(deep))).toBe(
        "file: the DICOM file has more than 32 sequences within each other; replace it",
      );
    }
  });

  it("more elements than anybody writes", async () => {
    const element = encode({ "00081030 LO": "" }, explicit);
    const many = Buffer.alloc(2 ** 21 * element.length + 8, element);
    expect(await refusal(fileOf(many))).toBe("file: the DICOM file has more than 2097152 elements; replace it");
  });

  it("lengths that lead out of the file, or out of their sequence", async () => {
    expect(await refusal(fileOf(head(0x00091001, "OB", 0xfffffffe)))).toContain("is truncated");
    const inner = Buffer.concat([Buffer.from([0xfe, 0xff, 0x00, 0xe0, 12, 0, 0, 0]), head(0x00080100, "UT", 99)]);
    expect(await refusal(fileOf(Buffer.concat([head(0x00081115, "SQ", 20), inner, Buffer.alloc(200)])))).toContain(
      "has an element that is longer than the sequence it is in",
    );
    const item = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 99, 0, 0, 0]);
    expect(await refusal(fileOf(Buffer.concat([head(0x00081115, "SQ", 8), item, Buffer.alloc(200)])))).toContain(
      "has an item that is longer than its sequence",
    );
  });

  it.each<[string, Dataset, string]>([
    ["pictures of gigabytes", { "00280010 US": 65535, "00280011 US": 65535 }, "declares 65535 x 65535 pixels"],
    [
      "frames without end",
      { "00280010 US": 1, "00280011 US": 1, "00280008 IS": "1073741824" },
      "has 60 bytes for 1073741824 frames",
    ],
    ["no frames", { "00280008 IS": "-3" }, "has -3 frames"],
    ["half a frame", { "00280008 IS": "1.5" }, "has 1.5 frames"],
    [
      "a place beyond the moon",
      { "00200032 DS": "1e300\\0\\0", "00200037 DS": "1\\0\\0\\0\\1\\0", "00280030 DS": "1\\1" },
      "its ImagePositionPatient is [1e+300,0,0]",
    ],
    ["spacing of nothing", { "00280030 DS": "1e-300\\1" }, "its PixelSpacing is"],
    ["numbers that are none", { "00280030 DS": "NaN\\1" }, "its PixelSpacing is no number"],
  ])("%s", async (_, more, message) => {
    expect(await refusal(dicomFile(picture(5, 6, pixels, more)))).toContain(message);
  });

  it("compressed frames that say another size than the header, before memory is taken", async () => {
    const huge = losslessJpeg(pixels, 6, 12);
    const frame = huge.indexOf("ffc3", "hex");
    huge.writeUInt16BE(65500, frame + 5);
    huge.writeUInt16BE(65500, frame + 7);
    const dataset = { ...picture(5, 6, pixels), "7FE00010 OW": undefined };
    expect(await refusal(dicomFile(dataset, { syntax: "jpegLossless", fragments: [huge] }))).toContain(
      "is 65500 x 65500",
    );
    expect(
      await refusal(dicomFile(dataset, { syntax: "jpeg2000", fragments: [Buffer.from("ff4fff51", "hex")] })),
    ).toContain("the JPEG 2000 data of its pixels is truncated or corrupt");
  });

  it("not-a-number in floating-point pixels", async () => {
    const floats = Buffer.from(Float32Array.of(1, Number.NaN).buffer);
    const dataset = { ...picture(1, 2, []), "7FE00010 OW": undefined, "00280100 US": 32, "7FE00008 OF": floats };
    const file = put(join(folder, "nan.dcm"), dicomFile(dataset));
    await expect(readVolume(file)).rejects.toThrow(`${file}: holds NaN or infinite values; replace them`);
    await expect(decodeHeader(dicomFile(dataset), "file")).resolves.toMatchObject({ sampleType: "float32" });
  });
});
