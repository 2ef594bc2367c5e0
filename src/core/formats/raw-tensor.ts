/**
 * A tensor as stored: element type, shape and little-endian row-major bytes, without any engine.
 * The type names are those of the safetensors format.
 */

/** Bytes per element of each stored type. */
export const elementBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

/** Name of a stored element type. */
export type RawDtype = keyof typeof elementBytes;

/** A stored tensor; `data` may be a view at any byte offset of a larger buffer, so copy it before a wider view. */
export interface RawTensor {
  dtype: RawDtype;
  /** Sizes, outermost first; `[]` is a scalar. */
  shape: number[];
  /** Little-endian row-major elements; booleans are one byte each, 0 or 1. */
  data: Uint8Array;
}

/** Whether `name` is a type this reader knows. */
export function isRawDtype(name: string): name is RawDtype {
  return Object.hasOwn(elementBytes, name);
}

/** Bytes a tensor of this type and shape takes, or `undefined` when the number is too large to be exact. */
export function byteLength(dtype: RawDtype, shape: readonly number[]): number | undefined {
  let bytes: number = elementBytes[dtype];
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) return undefined;
  }
  return bytes;
}
