/** Damaged DICOM files: an image or one sentence, soon, and never a crash, whatever the bytes. */
import { createRequire } from "node:module";
import { deflateRawSync } from "node:zlib";
import sharp from "sharp";
import { RandomStream } from "../src/core/random.js";
import { encodeDicom, type WrittenSet } from "../src/data/dicom/write.js";
import { dicomFormat } from "../src/data/formats/dicom.js";
import { damageFiles } from "./damaged-files.js";
import type { Soak } from "./soak.js";

const [columns, rows] = [24, 20];
const pixels = columns * rows;
const root = "1.2.840.10008.1.2";

/** What all files have in common; values of 12 bits. */
const grey: WrittenSet = {
  SOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
  SOPInstanceUID: "1.2.3.4",
  Modality: "CT",
  SeriesInstanceUID: "1.2.3",
  SamplesPerPixel: 1,
  PhotometricInterpretation: "MONOCHROME2",
  Rows: rows,
  Columns: columns,
  BitsAllocated: 16,
  BitsStored: 12,
  HighBit: 11,
  PixelRepresentation: 0,
  RescaleSlope: 1,
  RescaleIntercept: -1024,
  PixelSpacing: [0.7, 0.5],
  ImagePositionPatient: [1, 2, 3],
  ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
};
const bytes8: WrittenSet = { BitsAllocated: 8, BitsStored: 8, HighBit: 7, RescaleIntercept: 0 };
const shared: WrittenSet = {
  PlaneOrientationSequence: [{ ImageOrientationPatient: [1, 0, 0, 0, 1, 0] }],
  PixelMeasuresSequence: [{ PixelSpacing: [0.7, 0.5], SliceThickness: 2, SpacingBetweenSlices: 2 }],
};
const place = (z: number): WrittenSet => ({ PlanePositionSequence: [{ ImagePositionPatient: [1, 2, 2 * z] }] });

/** Lossless JPEG of 24 x 20, 12 bits: nothing here writes it. */
const losslessJpeg = Buffer.from(
  [
    "/9j/wwALDAAUABgBAREA/8QAJAAAAAAAEQAAAAAAAAAAAAAAAAECAwQFBgcICQoLDA0ODxD/2gAIAQEAAQAAY/8AixYsWLFixYsWLFizNCxY",
    "sWLFixYsdFixYsWLFixYsWZoWLFixYsWLFixY6LFixYsWLFizNCxYsWLFixYsWLFix0WLFixYsWLM0LFixYsWLFixYsWZoWOixYsWLFmaFix",
    "YsWLFixYsWLM0LFix0WLFizNCxYsWLFixYsWLFizNCxYsWOixYszQsWLFixYsWLFixZmhYsWLFix0WZoWLFixYsWLFixYszQsWLFixYsWZwW",
    "LFixYsWLFixYsWZoWLFixYsWLFjosWLFixYsWLFizNCxYsWLFixYsWLHRYsWLFixYsWZoWLFixYsWLFixYsWOixYsWLFixZmhYsWLFixYsWL",
    "FizNCx0WLFixYszQsWLFixYsWLFixZmhYsWOixYsWZoWLFixYsWLFixYsWZoWLFix0WLFmaFixYsWLFixYsWLM0LFixYsWOizNCxYsWLFixY",
    "sWLFmaFixYsWLFizOCxYsWLFixYsWLFizNCxYsWLFixYsdFixYsWLFixYsWZoWLFixYsWLFixY6LFixYsWLFizNCxYsWLFixYsWLFix0WLFi",
    "xYsWLM0LFixYsWLFixYsWZoX/9k=",
  ].join(""),
  "base64",
);

/** A file in another transfer syntax: its UID in the meta header, and what becomes of the data set. */
function inSyntax(file: Buffer, uid: string, change: (body: Buffer) => Buffer): Buffer {
  const start = 144 + file.readUInt32LE(140);
  const at = file.indexOf(Buffer.from([2, 0, 0x10, 0, 0x55, 0x49]), 132);
  const text = Buffer.from(uid.length % 2 ? `${uid}\0` : uid);
  const before = Buffer.from(file.subarray(0, at + 8));
  const old = before.readUInt16LE(at + 6);
  before.writeUInt16LE(text.length, at + 6);
  before.writeUInt32LE(file.readUInt32LE(140) + text.length - old, 140);
  return Buffer.concat([before, text, file.subarray(at + 8 + old, start), change(file.subarray(start))]);
}

/** A file whose pixels are compressed in fragments; its data set has none. */
function encapsulated(set: WrittenSet, uid: string, fragments: readonly Uint8Array[]): Buffer {
  const even = [new Uint8Array(), ...fragments].map((one) => Buffer.concat([one, Buffer.alloc(one.length % 2)]));
  const items = even.flatMap((one) => {
    const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
    head.writeUInt32LE(one.length, 4);
    return [head, one];
  });
  const head = Buffer.from("e07f10004f420000ffffffff", "hex");
  const end = Buffer.from("feffdde000000000", "hex");
  return inSyntax(encodeDicom(set), uid, (body) => Buffer.concat([body, head, ...items, end]));
}

/** A stream of one of the decoders' packages, which bring encoders. */
async function compressed(packageName: string, encoderName: string, values: Uint16Array): Promise<Uint8Array> {
  const quiet = () => {};
  const module = await createRequire(import.meta.url)(packageName)({ print: quiet, printErr: quiet });
  const encoder = new module[encoderName]();
  const info = { width: columns, height: rows, bitsPerSample: 12, componentCount: 1, isSigned: false };
  encoder.getDecodedBuffer(info).set(new Uint8Array(values.buffer));
  // More make no sense in so small a picture.
  encoder.setDecompositions?.(2);
  encoder.encode();
  return new Uint8Array(encoder.getEncodedBuffer());
}

/** Runs of one byte each, for both bytes of every sample. */
function runs(values: Uint16Array): Buffer {
  const plane = (shift: number) => [...values].flatMap((value) => [0, (value >> shift) & 255]);
  const head = Buffer.alloc(64);
  [2, 64, 64 + 2 * values.length].forEach((number, i) => {
    head.writeUInt32LE(number, 4 * i);
  });
  return Buffer.concat([head, Buffer.from([...plane(8), ...plane(0)])]);
}

/** One file of every kind that is read. */
async function originals(random: RandomStream): Promise<Map<string, Buffer>> {
  const values = Uint16Array.from({ length: pixels }, () => random.integer(0, 4095));
  const words = new Uint8Array(values.buffer);
  const bytes = Uint8Array.from({ length: 3 * pixels }, () => random.integer(0, 255));
  const jpeg = (channels: 1 | 3) =>
    sharp(bytes.subarray(0, channels * pixels), { raw: { width: columns, height: rows, channels } })
      .toColourspace(channels === 1 ? "b-w" : "srgb")
      .jpeg()
      .toBuffer();
  const colour: WrittenSet = {
    ...grey,
    ...bytes8,
    SamplesPerPixel: 3,
    PlanarConfiguration: 0,
    RescaleSlope: undefined,
  };
  const table = [16, 0, 16];
  const palette: WrittenSet = {
    PhotometricInterpretation: "PALETTE COLOR",
    RedPaletteColorLookupTableDescriptor: table,
    GreenPaletteColorLookupTableDescriptor: table,
    BluePaletteColorLookupTableDescriptor: table,
    RedPaletteColorLookupTableData: bytes.slice(0, 32),
    GreenPaletteColorLookupTableData: bytes.slice(0, 32),
    BluePaletteColorLookupTableData: bytes.slice(0, 32),
  };
  const plain = encodeDicom({ ...grey, PixelData: words });
  const { PixelData: _, ...volume }: WrittenSet = {
    ...grey,
    NumberOfFrames: 2,
    SharedFunctionalGroupsSequence: [shared],
    PerFrameFunctionalGroupsSequence: [place(1), place(0)],
  };
  const segmentation: WrittenSet = {
    ...volume,
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.66.4",
    SegmentationType: "BINARY",
    ...{ BitsAllocated: 1, BitsStored: 1, HighBit: 0, RescaleSlope: undefined, RescaleIntercept: undefined },
    SegmentSequence: [{ SegmentNumber: 1, SegmentLabel: "one" }],
    PerFrameFunctionalGroupsSequence: [0, 3].map((z) => ({
      ...place(z),
      SegmentIdentificationSequence: [{ ReferencedSegmentNumber: 1 }],
    })),
    PixelData: bytes.slice(0, (2 * pixels) / 8),
  };
  const jls = await compressed("@cornerstonejs/codec-charls", "JpegLSEncoder", values);
  const j2k = await compressed("@cornerstonejs/codec-openjpeg", "J2KEncoder", values);
  return new Map<string, Buffer>([
    ["grey.dcm", plain],
    ["rgb.dcm", encodeDicom({ ...colour, PhotometricInterpretation: "RGB", PixelData: bytes })],
    ["ybr.dcm", encodeDicom({ ...colour, PhotometricInterpretation: "YBR_FULL", PixelData: bytes })],
    ["palette.dcm", encodeDicom({ ...grey, ...bytes8, ...palette, PixelData: bytes.slice(0, pixels) })],
    ["volume.dcm", encodeDicom({ ...volume, PixelData: Buffer.concat([words, words]) })],
    ["segmentation.dcm", encodeDicom(segmentation)],
    ["deflated.dcm", inSyntax(plain, `${root}.1.99`, deflateRawSync)],
    ["rle.dcm", encapsulated(grey, `${root}.5`, [runs(values)])],
    ["rle-volume.dcm", encapsulated(volume, `${root}.5`, [runs(values), runs(values)])],
    ["jpeg.dcm", encapsulated({ ...grey, ...bytes8 }, `${root}.4.50`, [await jpeg(1)])],
    [
      "jpeg-rgb.dcm",
      encapsulated({ ...colour, PhotometricInterpretation: "YBR_FULL_422" }, `${root}.4.50`, [await jpeg(3)]),
    ],
    ["lossless.dcm", encapsulated(grey, `${root}.4.70`, [losslessJpeg])],
    ["jls.dcm", encapsulated(grey, `${root}.4.80`, [jls])],
    ["j2k.dcm", encapsulated(grey, `${root}.4.90`, [j2k])],
  ]);
}

export const run: Soak = async (options) => {
  const random = new RandomStream(options.seed, "soak-dicom-files", 0);
  const files = await originals(random);
  const decode = (bytes: Buffer, name: string) =>
    dicomFormat.read(bytes, name, random.bernoulli() ? "indices" : "colours");
  for (const [name, bytes] of files) await decode(bytes, name);
  const mutations = options.quick ? 500 : 20_000;
  const promise = "a damaged DICOM file is an image or a sentence within two seconds, never a crash";
  return damageFiles(promise, { files, headBytes: 800, mutations, decode }, random, options);
};
