/** What a DICOM header says of the pixels: sizes, bits and colours, checked before anything is allocated for them. */
import { DataError } from "../../core/errors.js";
import { checkPixels, maxVolumeBytes } from "../formats/format.js";
import type { DataSet } from "./data-set.js";
import type { DicomFile } from "./parse.js";
import { transferSyntaxes } from "./transfer-syntaxes.js";

/** How the pixels of a file are stored (PS3.3, C.7.6.3). */
export interface PixelDescription {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly samplesPerPixel: 1 | 3;
  readonly photometric: Photometric;
  /** Whether colours are stored as planes. */
  readonly planar: boolean;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  /** Floating-point pixels (parametric maps). */
  readonly float: boolean;
}

const greys = ["MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"] as const;
const colours = ["RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"] as const;
/** Photometric interpretations that dimseg reads. */
export type Photometric = (typeof greys)[number] | (typeof colours)[number];

/** What the smallest compressed frame takes: the head of its item. */
const fragmentBytes = 8;

/** Samples of a frame that is not compressed. Of two neighbours in YBR_FULL_422, each has its brightness, both one colour. */
export function storedSamples({ rows, columns, samplesPerPixel, photometric }: PixelDescription): number {
  return rows * columns * (photometric === "YBR_FULL_422" ? 2 : samplesPerPixel);
}

/** Bytes of a frame that is not compressed; frames of single bits may share one. */
export function frameBytes(pixels: PixelDescription): number {
  return (storedSamples(pixels) * pixels.bitsAllocated) / 8;
}

/** Where the pixels are. */
export function pixelAttribute({ float, bitsAllocated }: PixelDescription) {
  if (!float) return "PixelData";
  return bitsAllocated === 64 ? "DoubleFloatPixelData" : "FloatPixelData";
}

function wholeNumber(set: DataSet, name: "Rows" | "Columns" | "BitsAllocated"): number {
  const value = set.number(name);
  if (value === undefined) throw new DataError(`${set.file}: has no ${name}; replace it`);
  return value;
}

/** Whether a file is an image at all: reports, plans and presentation states have neither rows nor pixels. */
export function holdsImage({ set }: DicomFile): boolean {
  return set.number("Rows") !== undefined && set.number("Columns") !== undefined;
}

function photometricOf(set: DataSet, samplesPerPixel: number): Photometric {
  const text = set.text("PhotometricInterpretation") ?? (samplesPerPixel === 3 ? "RGB" : "MONOCHROME2");
  const known: readonly string[] = samplesPerPixel === 3 ? colours : greys;
  if (known.includes(text)) return text as Photometric;
  throw new DataError(
    `${set.file}: has the colours ${text.slice(0, 16)} with ${samplesPerPixel} samples a pixel, which dimseg does not ` +
      "read; convert it to MONOCHROME2 or RGB",
  );
}

function checkBits({ bitsAllocated, bitsStored, highBit }: PixelDescription, file: string): void {
  if (![1, 8, 16, 32].includes(bitsAllocated))
    throw new DataError(`${file}: has ${bitsAllocated} bits allocated a sample; dimseg reads 1, 8, 16 and 32`);
  if (bitsStored < 1 || bitsStored > highBit + 1 || highBit >= bitsAllocated) {
    throw new DataError(
      `${file}: says ${bitsStored} bits stored up to bit ${highBit} of ${bitsAllocated}, which cannot be; replace it`,
    );
  }
}

/**
 * Reads and checks the description.
 * @throws DataError when the file holds no image, or one of a size, depth or kind of colours that is not read
 */
export function describePixels(dicom: DicomFile): PixelDescription {
  const { set, file, transferSyntax } = dicom;
  if (!holdsImage(dicom)) throw new DataError(`${file}: is a DICOM file without an image; leave it out`);
  const [rows, columns] = [wholeNumber(set, "Rows"), wholeNumber(set, "Columns")];
  const samplesPerPixel = set.number("SamplesPerPixel") ?? 1;
  if (samplesPerPixel !== 1 && samplesPerPixel !== 3)
    throw new DataError(`${file}: has ${samplesPerPixel} samples a pixel; dimseg reads 1 and 3`);
  const frames = set.number("NumberOfFrames") ?? 1;
  if (!Number.isInteger(frames) || frames < 1) throw new DataError(`${file}: has ${frames} frames; replace it`);
  const double = set.element("DoubleFloatPixelData") !== undefined;
  const float = double || set.element("FloatPixelData") !== undefined;
  const pixels = set.element("PixelData");
  if (!float && !pixels) throw new DataError(`${file}: has no pixel data; leave it out`);
  const bitsAllocated = float ? (double ? 64 : 32) : wholeNumber(set, "BitsAllocated");
  const bitsStored = float ? bitsAllocated : (set.number("BitsStored") ?? bitsAllocated);
  const description: PixelDescription = {
    rows,
    columns,
    frames,
    samplesPerPixel,
    photometric: photometricOf(set, samplesPerPixel),
    planar: set.number("PlanarConfiguration") === 1,
    bitsAllocated,
    bitsStored,
    highBit: float ? bitsAllocated - 1 : (set.number("HighBit") ?? bitsStored - 1),
    signed: set.number("PixelRepresentation") === 1,
    float,
  };
  if (!float) checkBits(description, file);
  const pixelBytes = samplesPerPixel * Math.ceil(bitsAllocated / 8);
  checkPixels(columns, rows, file, pixelBytes);
  if (rows * columns * frames * pixelBytes > maxVolumeBytes)
    throw new DataError(`${file}: declares more than ${maxVolumeBytes / 2 ** 30} GiB of samples; cut it`);
  const encapsulated = pixels?.fragments !== undefined;
  const { name, compression } = transferSyntaxes[transferSyntax];
  if (compression === null)
    throw new DataError(`${file}: is stored as ${name}, which dimseg does not read; convert it`);
  if (encapsulated !== (compression !== undefined))
    throw new DataError(`${file}: its pixel data is not stored as its transfer syntax (${name}) says; replace it`);
  const expected = encapsulated ? frames * fragmentBytes : Math.ceil(frameBytes(description) * frames);
  const stored = encapsulated ? dicom.size : (set.element(pixelAttribute(description))?.length ?? 0);
  if (stored < expected)
    throw new DataError(`${file}: has ${stored} bytes for ${frames} frames; expected ${expected}, so replace it`);
  return description;
}
