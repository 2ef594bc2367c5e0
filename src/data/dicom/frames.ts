/** The frames of a file, each as it is stored: cut out of the pixel data, and decompressed. */
import { DataError } from "../../core/errors.js";
import { decodeFrame, type StoredFrame, type Words } from "./codecs.js";
import type { Element } from "./data-set.js";
import { frameBytes, type PixelDescription, pixelAttribute, storedSamples } from "./description.js";
import type { DicomFile } from "./parse.js";
import { transferSyntaxes } from "./transfer-syntaxes.js";

type WordArray = new (memory: ArrayBufferLike, at?: number, length?: number) => Words;
const integerTypes: Readonly<Record<number, WordArray>> = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array };
const floatTypes: Readonly<Record<number, WordArray>> = { 32: Float32Array, 64: Float64Array };

/** Numbers of `size` bytes; a view where the file has them as this machine does, as most files have. */
function wordsOf(bytes: Uint8Array, size: number, littleEndian: boolean, type: WordArray): Words {
  if ((littleEndian || size === 1) && bytes.byteOffset % size === 0)
    return new type(bytes.buffer, bytes.byteOffset, bytes.length / size);
  const copy = Buffer.from(new Uint8Array(bytes).buffer);
  if (!littleEndian && size === 2) copy.swap16();
  if (!littleEndian && size === 4) copy.swap32();
  if (!littleEndian && size === 8) copy.swap64();
  return new type(copy.buffer);
}

/** Samples of a frame of one bit each; frames follow each other without gaps, the first pixel in the lowest bit. */
function unpackBits(bytes: Uint8Array, first: number, count: number): Uint8Array {
  const bits = new Uint8Array(count);
  for (let i = 0, at = first; i < count; i++, at++) bits[i] = (bytes[Math.floor(at / 8)] >> (at & 7)) & 1;
  return bits;
}

/** One frame of pixel data that is not compressed. */
function nativeFrame({ set }: DicomFile, pixels: PixelDescription, frame: number): StoredFrame {
  const { bitsAllocated, bitsStored, highBit, float, planar } = pixels;
  const samples = storedSamples(pixels);
  const name = pixelAttribute(pixels);
  const data = set.raw(name) ?? new Uint8Array();
  const stored = { planar, bits: bitsStored, highBit, rgb: false };
  if (bitsAllocated === 1) return { ...stored, words: unpackBits(data, frame * samples, samples) };
  const bytes = frameBytes(pixels);
  if (bitsAllocated === 8 && !set.littleEndian && set.element(name)?.vr === "OW")
    return { ...stored, words: bytesOfBigWords(data, frame * bytes, bytes) };
  const part = data.subarray(frame * bytes, (frame + 1) * bytes);
  const type = (float ? floatTypes : integerTypes)[bitsAllocated];
  return { ...stored, words: wordsOf(part, bitsAllocated / 8, set.littleEndian, type) };
}

/** Bytes that a big-endian file stores in words of two, the first one last. */
function bytesOfBigWords(data: Uint8Array, first: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => data[(first + i) ^ 1]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}

/** Whether a fragment begins a picture: JPEG's start of image, or JPEG 2000's start of codestream. */
function beginsFrame(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && (bytes[1] === 0xd8 || bytes[1] === 0x4f);
}

/**
 * The compressed data of every frame: fragments are frames where there are as many, else the table of offsets or the first
 * bytes of fragments say where frames begin.
 */
function encodedFrames({ fragments = [] }: Element, frames: number, file: string): Uint8Array[] {
  const [table, ...parts] = fragments;
  if (parts.length === frames) return parts;
  if (frames === 1 && parts.length > 0) return [joined(parts)];
  const starts = table && table.length >= 4 * frames ? startsByTable(table, parts, frames) : [];
  const begins = starts.length === frames ? starts : parts.flatMap((part, i) => (beginsFrame(part) ? [i] : []));
  if (begins.length !== frames || begins[0] !== 0)
    throw new DataError(`${file}: has ${parts.length} pieces of pixel data for ${frames} frames; replace it`);
  return begins.map((first, k) => joined(parts.slice(first, begins[k + 1] ?? parts.length)));
}

/** Which fragments begin frames, by the table of offsets; those that no fragment begins at are left out. */
function startsByTable(table: Uint8Array, parts: readonly Uint8Array[], frames: number): number[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const places = new Map<number, number>();
  let at = 0;
  parts.forEach((part, i) => {
    places.set(at, i);
    at += 8 + part.length;
  });
  const found = Array.from({ length: frames }, (_, k) => places.get(view.getUint32(4 * k, true)));
  return found.filter((place, k): place is number => place !== undefined && (k === 0 || place > (found[k - 1] ?? -1)));
}

/**
 * A way to any frame of a file.
 * @param dicom a file that was parsed whole
 * @returns decodes one frame, counted from zero
 * @throws DataError when there are not as many frames as the header says; what it returns also for damaged data
 */
export function frameReader(dicom: DicomFile, pixels: PixelDescription): (frame: number) => Promise<StoredFrame> {
  const { compression } = transferSyntaxes[dicom.transferSyntax];
  const element = dicom.set.element("PixelData");
  if (!compression || !element) return async (frame) => nativeFrame(dicom, pixels, frame);
  const encoded = encodedFrames(element, pixels.frames, dicom.file);
  return (frame) => decodeFrame(compression, encoded[frame], pixels, dicom.file);
}
