/**
 * Decoders of compressed frames, loaded when the first frame needs them: CharLS and OpenJPEG as WebAssembly, lossless JPEG
 * in JavaScript, and libvips for JPEG of 8 bits, which reads the format JPEG already. ITK's reader knows the same and 12-bit
 * JPEG, but fills the rest of a truncated picture with black without a word, and takes 104 MB on disk.
 */
import { createRequire } from "node:module";
import { DataError } from "../../core/errors.js";
import { startsWith } from "../formats/format.js";
import { decodeJpegAsStored, segments } from "../formats/jpeg.js";
import { type CodestreamSize, jpeg2000Size, jpegSize } from "./codestream.js";
import type { PixelDescription } from "./description.js";
import { decodeRle } from "./rle.js";
import type { Compression } from "./transfer-syntaxes.js";

const require = createRequire(import.meta.url);

/** Numbers as a frame stores them. */
export type Words = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array;

/** A frame before its numbers mean anything. */
export interface StoredFrame {
  readonly words: Words;
  /** Whether colours come as planes. */
  readonly planar: boolean;
  /** Bits that the numbers have; those above are not the sample's. */
  readonly bits: number;
  /** Number of the highest bit of them. */
  readonly highBit: number;
  /** Whether the decoder has made colours red, green and blue. */
  readonly rgb: boolean;
}

type Decode = (encoded: Uint8Array, pixels: PixelDescription, file: string) => Promise<StoredFrame>;

/** Adobe's marker APP14 that says: colours are red, green and blue, not transformed. */
const noTransform = Buffer.from("ffee000e41646f626500640000000000", "hex");

/**
 * Decoders of JPEG take three components for YCbCr unless a marker says otherwise. Where none does but the header says RGB,
 * the marker is put in (as pydicom and GDCM understand such files).
 */
function withColours(encoded: Uint8Array, { photometric }: PixelDescription): Uint8Array {
  if (photometric !== "RGB") return encoded;
  for (const { content } of segments(encoded))
    if (startsWith(content, "JFIF\0") || (startsWith(content, "Adobe") && content.length >= 12)) return encoded;
  return Buffer.concat([encoded.subarray(0, 2), noTransform, encoded.subarray(2)]);
}

/** What Emscripten's decoders of both packages have in common. */
interface WasmDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number };
  getInterleaveMode?(): number;
  delete(): void;
}
interface LosslessModule {
  readonly Decoder: new () => { decompress(bytes: ArrayBuffer): ArrayBuffer };
}
type WasmModule = Readonly<Record<string, new () => WasmDecoder>>;

function damaged(file: string, what: string, cause?: unknown): DataError {
  return new DataError(`${file}: the ${what} data of its pixels is truncated or corrupt; replace it`, { cause });
}

/** @throws DataError when a frame is not of the size that the header says, before it is decoded */
function checkSize(
  size: CodestreamSize | undefined,
  { rows, columns, samplesPerPixel, bitsAllocated }: PixelDescription,
  what: string,
  file: string,
): CodestreamSize {
  if (!size) throw damaged(file, what);
  const { width, height, components, bits } = size;
  if (width === columns && height === rows && components === samplesPerPixel && bits <= Math.min(bitsAllocated, 16))
    return size;
  throw new DataError(
    `${file}: its ${what} data is ${width} x ${height}, ${components} x ${bits} bits, but the header says ${columns} x ` +
      `${rows}, ${samplesPerPixel} x ${bitsAllocated}; replace it`,
  );
}

/** Samples of the bits that a codestream has; copied out of the decoder's memory. */
function wordsOf(bytes: Uint8Array, bits: number): Uint8Array | Uint16Array {
  const copy = new Uint8Array(bytes);
  return bits <= 8 ? copy : new Uint16Array(copy.buffer, 0, copy.length >> 1);
}

/**
 * A decoder of a WebAssembly package. One that failed may have left its memory in any state, so the next frame gets a new
 * one.
 */
function wasm(
  packageName: string,
  decoderName: string,
  what: string,
  sizeOf: (bytes: Uint8Array) => CodestreamSize | undefined,
): Decode {
  let loaded: Promise<WasmModule> | undefined;
  return async (encoded, pixels, file) => {
    const { width, height, components, bits } = checkSize(sizeOf(encoded), pixels, what, file);
    const quiet = () => {};
    loaded ??= require(packageName)({ print: quiet, printErr: quiet }) as Promise<WasmModule>;
    const { [decoderName]: Decoder } = await loaded;
    try {
      const decoder = new Decoder();
      decoder.getEncodedBuffer(encoded.length).set(encoded);
      decoder.decode();
      const info = decoder.getFrameInfo();
      const words = wordsOf(decoder.getDecodedBuffer(), bits);
      const planar = components > 1 && decoder.getInterleaveMode?.() === 0;
      decoder.delete();
      if (info.width !== width || info.height !== height || words.length !== width * height * components)
        throw damaged(file, what);
      return { words, planar, bits, highBit: bits - 1, rgb: false };
    } catch (cause) {
      loaded = undefined;
      throw damaged(file, what, cause);
    }
  };
}

const decoders: Readonly<Record<Compression, Decode>> = {
  async rle(encoded, { rows, columns, samplesPerPixel, bitsAllocated, bitsStored, highBit }, file) {
    const decoded = decodeRle(encoded, rows * columns, samplesPerPixel, Math.ceil(bitsAllocated / 8), file);
    const words = bitsAllocated === 32 ? new Uint32Array(decoded.buffer) : wordsOf(decoded, bitsAllocated);
    return { words, planar: true, bits: bitsStored, highBit, rgb: false };
  },
  async jpeg(encoded, pixels, file) {
    const size = checkSize(jpegSize(encoded, "jpeg"), pixels, "JPEG", file);
    if (size.bits !== 8)
      throw new DataError(`${file}: is stored as JPEG of ${size.bits} bits, which dimseg does not read; decompress it`);
    const { samples } = await decodeJpegAsStored(withColours(encoded, pixels), file);
    return { words: samples as Uint8Array, planar: true, bits: 8, highBit: 7, rgb: true };
  },
  async jpegLossless(encoded, pixels, file) {
    const { bits } = checkSize(jpegSize(encoded, "jpegLossless"), pixels, "lossless JPEG", file);
    const { Decoder } = require("jpeg-lossless-decoder-js") as LosslessModule;
    const { buffer } = new Uint8Array(encoded);
    try {
      const decoded = new Decoder().decompress(buffer);
      const words = bits <= 8 ? new Uint8Array(decoded) : new Uint16Array(decoded);
      if (words.length !== pixels.rows * pixels.columns * pixels.samplesPerPixel) throw damaged(file, "lossless JPEG");
      return { words, planar: false, bits, highBit: bits - 1, rgb: false };
    } catch (cause) {
      throw damaged(file, "lossless JPEG", cause);
    }
  },
  jpegLs: wasm("@cornerstonejs/codec-charls", "JpegLSDecoder", "JPEG-LS", (bytes) => jpegSize(bytes, "jpegLs")),
  // Its own transform of colours, which YBR_RCT and YBR_ICT name, is undone by the decoder.
  jpeg2000: wasm("@cornerstonejs/codec-openjpeg", "J2KDecoder", "JPEG 2000", jpeg2000Size),
};

/**
 * Decodes one compressed frame.
 * @throws DataError when its data is damaged, of another size than the header says, or of a kind that is not read
 */
export function decodeFrame(
  compression: Compression,
  encoded: Uint8Array,
  pixels: PixelDescription,
  file: string,
): Promise<StoredFrame> {
  return decoders[compression](encoded, pixels, file);
}
