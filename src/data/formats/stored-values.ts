/**
 * Numbers as files of volumes hold them, in either byte order, as samples. Values stay as they are stored; whole numbers
 * of 64 bits, which NumPy writes label maps with unless told otherwise, become float64, which holds them exactly to 2^53.
 */
import { DataError } from "../../core/errors.js";
import { bytesOfSample, type Samples, type SampleType, viewSamples } from "../../grid/stored-image.js";

/** How one number is stored. */
export type ValueType = SampleType | "int64" | "uint64";

export interface StoredValues {
  readonly type: ValueType;
  readonly littleEndian: boolean;
}

/** Bytes of one number. */
export function bytesOfValue(type: ValueType): number {
  return type === "int64" || type === "uint64" ? 8 : bytesOfSample(type);
}

/** What numbers of a type become. */
export function sampleTypeOf(type: ValueType): SampleType {
  return type === "int64" || type === "uint64" ? "float64" : type;
}

/** A copy with the bytes of each number in the opposite order. */
function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  if (size === 2) return copy.swap16();
  return size === 4 ? copy.swap32() : copy.swap64();
}

/** Whole numbers of 64 bits, little-endian and aligned. @throws DataError when one is beyond 2^53 */
function fromLong(bytes: Uint8Array, isSigned: boolean, file: string): Float64Array {
  const { buffer, byteOffset, length } = bytes;
  const low = new Uint32Array(buffer, byteOffset, length / 4);
  const high = isSigned ? new Int32Array(buffer, byteOffset, length / 4) : low;
  const samples = new Float64Array(length / 8);
  for (let i = 0; i < samples.length; i++) {
    samples[i] = high[2 * i + 1] * 2 ** 32 + low[2 * i];
    if (Math.abs(samples[i]) > Number.MAX_SAFE_INTEGER)
      throw new DataError(`${file}: holds whole numbers beyond 2^53, which are not read exactly; save it as float64`);
  }
  return samples;
}

/**
 * Numbers as samples.
 * @param bytes whole numbers of them; the samples share this memory where they can
 * @param file  for messages
 * @throws DataError when a number of 64 bits is beyond 2^53
 */
export function samplesOf(bytes: Uint8Array, { type, littleEndian }: StoredValues, file: string): Samples {
  const size = bytesOfValue(type);
  const ordered = littleEndian || size === 1 ? bytes : swapped(bytes, size);
  const aligned = ordered.byteOffset % size === 0 ? ordered : Uint8Array.from(ordered);
  if (type === "int64" || type === "uint64") return fromLong(aligned, type === "int64", file);
  return viewSamples(aligned, type);
}
