/**
 * What the stored numbers of a frame mean: sign, rescaling to the units of the modality (Hounsfield units of a CT), palettes,
 * and colours as red, green and blue. Nothing is windowed or rounded.
 */
import { DataError } from "../../core/errors.js";
import { deinterleave } from "../../grid/interleave.js";
import type { Samples, SampleType } from "../../grid/stored-image.js";
import type { PaletteReading } from "../formats/format.js";
import type { StoredFrame } from "./codecs.js";
import type { DataSet } from "./data-set.js";
import type { Photometric, PixelDescription } from "./description.js";
import { functionalGroup } from "./functional-groups.js";
import type { DicomFile } from "./parse.js";
import { yccToRgb } from "./ycc.js";

/** Slope and intercept from stored numbers to values (PS3.3, C.11.1). */
export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
}

/** How a file's frames become samples. */
export interface ValueRule {
  readonly channels: 1 | 3;
  readonly sampleType: SampleType;
}

/**
 * The rescaling of one frame; 1 and 0 where the file says none. Doses have a scale of their own.
 * @throws DataError for a table instead of a slope, and for a slope of zero
 */
export function rescaleOf({ set, file }: DicomFile, frame: number): Rescale {
  if (set.items("ModalityLUTSequence").length > 0)
    throw new DataError(
      `${file}: has a table of values (Modality LUT Sequence), which dimseg does not read; convert it`,
    );
  const source = functionalGroup(set, frame, "PixelValueTransformationSequence") ?? set;
  const slope = source.number("RescaleSlope") ?? set.number("DoseGridScaling") ?? 1;
  if (slope === 0) throw new DataError(`${file}: has a rescale slope of 0; replace it`);
  return { slope, intercept: source.number("RescaleIntercept") ?? 0 };
}

/** The values that stored numbers become are `scale * number + offset`. */
interface Linear {
  readonly scale: number;
  readonly offset: number;
}

/** The smallest and largest stored number. */
function storedRange({ bitsStored, signed }: PixelDescription): [number, number] {
  return signed ? [-(2 ** (bitsStored - 1)), 2 ** (bitsStored - 1) - 1] : [0, 2 ** bitsStored - 1];
}

/**
 * MONOCHROME1 counts down from white. Where the numbers are a picture it is turned round, as people see it; where they are
 * rescaled to a quantity, white or black says nothing about it, and they stay.
 */
function linearOf(pixels: PixelDescription, { slope, intercept }: Rescale): Linear {
  if (pixels.photometric !== "MONOCHROME1" || slope !== 1 || intercept !== 0 || pixels.float)
    return { scale: slope, offset: intercept };
  const [lowest, highest] = storedRange(pixels);
  return { scale: -1, offset: lowest + highest };
}

const integerRanges: readonly (readonly [SampleType, number, number])[] = [
  ["uint8", 0, 255],
  ["int8", -128, 127],
  ["uint16", 0, 65535],
  ["int16", -32768, 32767],
  ["uint32", 0, 2 ** 32 - 1],
  ["int32", -(2 ** 31), 2 ** 31 - 1],
];

/** The smallest type that holds all values exactly; floating point where a value may be broken. */
function greyType(pixels: PixelDescription, { scale, offset }: Linear): SampleType {
  if (pixels.float) return pixels.bitsAllocated === 64 || scale !== 1 || offset !== 0 ? "float64" : "float32";
  const ends = storedRange(pixels).map((end) => scale * end + offset);
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const whole = Number.isInteger(scale) && Number.isInteger(offset);
  const found = whole ? integerRanges.find(([, low, high]) => low <= least && most <= high) : undefined;
  return found?.[0] ?? (pixels.bitsStored > 24 ? "float64" : "float32");
}

function colourType(bits: number): SampleType {
  if (bits <= 8) return "uint8";
  return bits <= 16 ? "uint16" : "uint32";
}

/**
 * Channels and type of what {@link frameValues} gives.
 * @throws DataError as {@link rescaleOf}, and when a palette is missing
 */
export function valueRule(
  dicom: DicomFile,
  pixels: PixelDescription,
  frame: number,
  palette: PaletteReading,
): ValueRule {
  if (pixels.samplesPerPixel === 3) return { channels: 3, sampleType: colourType(pixels.bitsStored) };
  if (pixels.photometric === "PALETTE COLOR" && palette === "colours")
    return { channels: 3, sampleType: colourType(readPalette(dicom.set).bits) };
  return { channels: 1, sampleType: greyType(pixels, linearOf(pixels, rescaleOf(dicom, frame))) };
}

/** Takes a number out of its word, with its sign, and makes it a value. */
function writeGrey({ words, bits, highBit }: StoredFrame, pixels: PixelDescription, linear: Linear, to: Samples): void {
  const { scale, offset } = linear;
  if (pixels.float) {
    for (let i = 0; i < to.length; i++) to[i] = scale * words[i] + offset;
    return;
  }
  // A decoder may know of fewer bits than the header; above those that both know is nothing of the sample's.
  const used = Math.min(bits, pixels.bitsStored);
  const [up, down] = [31 - (highBit - (bits - used)), 32 - used];
  if (pixels.signed) for (let i = 0; i < to.length; i++) to[i] = scale * ((words[i] << up) >> down) + offset;
  else for (let i = 0; i < to.length; i++) to[i] = scale * ((words[i] << up) >>> down) + offset;
}

/** Three tables of colours, from the number `first` on; numbers outside have the colour of the nearest end. */
interface Palette {
  readonly first: number;
  readonly bits: number;
  readonly tables: readonly (Uint8Array | Uint16Array)[];
}

const paletteNames = [
  ["RedPaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData"],
  ["GreenPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableData"],
  ["BluePaletteColorLookupTableDescriptor", "BluePaletteColorLookupTableData"],
] as const;

/** @throws DataError when a table is missing (segmented ones are not read) or too short */
function readPalette(set: DataSet): Palette {
  const broken = () => new DataError(`${set.file}: has no palette that dimseg reads; convert it to RGB`);
  const descriptors = paletteNames.map(([name]) => set.numbers(name) ?? []);
  const [length, first, bits] = descriptors[0];
  if (descriptors.some((one) => one.length < 3) || (bits !== 8 && bits !== 16)) throw broken();
  const count = length === 0 ? 65536 : length;
  const tables = paletteNames.map(([, name]) => {
    const raw = set.raw(name) ?? new Uint8Array();
    if (raw.length < count) throw broken();
    if (raw.length < 2 * count) return Uint8Array.from(raw.subarray(0, count));
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    const entries = Uint16Array.from({ length: count }, (_, i) => view.getUint16(2 * i, set.littleEndian));
    return bits === 8 ? Uint8Array.from(entries) : entries;
  });
  return { first, bits, tables };
}

function writePalette({ words }: StoredFrame, { first, tables }: Palette, to: Samples): void {
  const pixels = words.length;
  tables.forEach((table, c) => {
    const last = table.length - 1;
    for (let i = 0; i < pixels; i++) to[c * pixels + i] = table[Math.min(last, Math.max(0, words[i] - first))];
  });
}

/** Neighbours of one row share their colours: brightness twice, then both colours (PS3.3, C.7.6.3.1.2). */
function spread(words: StoredFrame["words"], pixels: number): Uint8Array {
  const full = new Uint8Array(3 * pixels);
  for (let i = 0; i < pixels; i++) {
    const pair = 4 * (i >> 1);
    full[3 * i] = words[pair + (i & 1)];
    full[3 * i + 1] = words[pair + 2];
    full[3 * i + 2] = words[pair + 3];
  }
  return full;
}

const ycc: ReadonlySet<Photometric> = new Set(["YBR_FULL", "YBR_FULL_422"]);

/** Writes red, green and blue as planes. */
function writeColours(frame: StoredFrame, pixels: PixelDescription, file: string, to: Samples): void {
  const count = pixels.rows * pixels.columns;
  const isYcc = !frame.rgb && ycc.has(pixels.photometric);
  if (isYcc && pixels.bitsStored > 8)
    throw new DataError(
      `${file}: has ${pixels.photometric} of more than 8 bits, which dimseg does not read; convert it`,
    );
  const half = pixels.photometric === "YBR_FULL_422" && frame.words.length === 2 * count;
  const words = half ? spread(frame.words, count) : frame.words;
  to.set(frame.planar && !half ? words : deinterleave(words, 3));
  if (isYcc) yccToRgb(to as Uint8Array);
}

/**
 * The values of a frame.
 * @param to where they go, planes `[C, rows, columns]` of the type and channels of {@link valueRule}, or of a wider type
 * @throws DataError as {@link valueRule}, and for colours that are not read
 */
export function writeValues(
  dicom: DicomFile,
  pixels: PixelDescription,
  frame: number,
  stored: StoredFrame,
  palette: PaletteReading,
  to: Samples,
): void {
  if (pixels.samplesPerPixel === 3) writeColours(stored, pixels, dicom.file, to);
  else if (pixels.photometric === "PALETTE COLOR" && palette === "colours")
    writePalette(stored, readPalette(dicom.set), to);
  else writeGrey(stored, pixels, linearOf(pixels, rescaleOf(dicom, frame)), to);
}
