/**
 * An image as numbers on a grid, whatever file it came from. Channels are planes, `[C, y, x]` or `[C, z, y, x]`: networks
 * take them so, a plane is an image of its own to whatever works on one channel at a time (resizing, label maps, windows
 * of several modalities), no loop depends on the number of channels or axes, and grey images are the same either way.
 * Only pictures on their way through an encoder hold colours side by side; interleave.ts is that border.
 */
import { type Grid, voxelCount } from "./grid.js";

const types = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** Name of the type of {@link Samples}. */
export type SampleType = keyof typeof types;

/** Values of any integer or float type that files hold. */
export type Samples =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** An image of any rank and sample type. */
export interface StoredImage {
  readonly grid: Grid;
  /** 1: grey, or label numbers; 3: RGB. Alpha is no channel. */
  readonly channels: number;
  /** `[C, ...grid.shape]`, row-major. */
  readonly samples: Samples;
  /** Opacity, `grid.shape`, of the samples' type; missing where every pixel is opaque. */
  readonly alpha?: Samples;
}

/** The type of samples; a Node.js `Buffer` holds uint8. */
export function sampleType(samples: Samples): SampleType {
  const found = Object.entries(types).find(([, type]) => samples instanceof type);
  return found?.[0] as SampleType;
}

/** Bytes of one sample. */
export function bytesOfSample(type: SampleType): number {
  return types[type].BYTES_PER_ELEMENT;
}

/** Bytes as samples of a type, in the same memory; they must begin at a multiple of a sample's bytes. */
export function viewSamples({ buffer, byteOffset, length }: Uint8Array, type: SampleType): Samples {
  return new types[type](buffer as ArrayBuffer, byteOffset, length / bytesOfSample(type));
}

/** The bytes of samples, in the same memory. */
export function sampleBytes({ buffer, byteOffset, byteLength }: Samples): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The type as a message says it. */
export function sampleWords(samples: Samples): string {
  const type = sampleType(samples);
  return /^uint(?:8|16)$/.test(type) ? `${type.slice(4)} bits a sample` : `samples of type ${type}`;
}

/** New samples of a type, all zero. */
export function newSamples(type: SampleType, length: number): Samples {
  return new types[type](length);
}

/** New samples of the same type, all zero. */
export function samplesLike<T extends Samples>(samples: T, length: number): T {
  return newSamples(sampleType(samples), length) as T;
}

/** One channel's samples, a view. */
export function plane({ grid, samples }: Pick<StoredImage, "grid" | "samples">, channel: number): Samples {
  const voxels = voxelCount(grid);
  return samples.subarray(channel * voxels, (channel + 1) * voxels);
}
