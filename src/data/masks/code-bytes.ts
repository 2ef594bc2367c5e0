/**
 * Masks as one byte a pixel, as people look at them and edit them: the number of the class where classes exclude each other,
 * the set of classes (bit 0 is class 0) where they overlap, `ignoredLabel` in both where nobody labelled.
 */
import { DataError } from "../../core/errors.js";
import { ignoredLabel } from "../../core/target-kind.js";
import type { Dataset } from "../dataset.js";
import { ignoredCode } from "./labels.js";
import { codeOfClass } from "./mask-join.js";

type ClassSet = Pick<Dataset, "target" | "classes">;

/** All bits of a byte together stand for what nobody labelled. */
const mostOverlapping = 7;

/** @throws DataError for more overlapping classes than a byte holds */
export function requireByteCodes({ target, classes, path }: ClassSet & Pick<Dataset, "path">): void {
  if (target === "softmax" || classes.length <= mostOverlapping) return;
  throw new DataError(
    `${path}: has ${classes.length} classes that may overlap; masks of at most ${mostOverlapping} are shown and edited here`,
  );
}

/** The bytes of codes as label decoders give them (labels.ts). */
export function bytesOfCodes(codes: Int32Array): Uint8Array {
  return Uint8Array.from(codes, (code) => (code === ignoredCode ? ignoredLabel : code));
}

/** The codes of bytes; a class brings those that it lies inside of. */
export function codesOfBytes(bytes: Uint8Array, set: ClassSet): Int32Array {
  const whole = Int32Array.from({ length: 256 }, (_, byte) => {
    if (byte === ignoredLabel) return ignoredCode;
    if (set.target === "softmax") return byte;
    const held = set.classes.filter(({ index }) => (byte >> index) & 1);
    return held.reduce((code, { name }) => code | codeOfClass(name, set), 0);
  });
  return Int32Array.from(bytes, (byte) => whole[byte]);
}

/**
 * The bytes of a label map.
 * @param labels class numbers `[S]` (softmax) or 0/1 planes `[K, S]` (sigmoid), `ignoredLabel` where nobody labelled
 */
export function bytesOfLabels(labels: Uint8Array, { target, classes }: ClassSet): Uint8Array {
  if (target === "softmax") return labels.slice();
  const size = labels.length / classes.length;
  const bytes = new Uint8Array(size);
  for (let k = 0; k < classes.length; k++)
    for (let i = 0; i < size; i++) {
      const value = labels[k * size + i];
      if (value === ignoredLabel) bytes[i] = ignoredLabel;
      else bytes[i] |= value << k;
    }
  return bytes;
}

/** Whether a byte of such a mask holds a class, for each byte. */
export function holdsClass(index: number, { target }: Pick<Dataset, "target">): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    if (byte === ignoredLabel) return 0;
    return target === "softmax" ? Number(byte === index) : (byte >> index) & 1;
  });
}
