/** Several files that together are one mask: parts of the same class, single objects, or a file for every class. */
import type { Dataset, MaskFile } from "../dataset.js";

type JoinedSet = Pick<Dataset, "target" | "classes">;

/** The code of a class by name: its number, or with sigmoid its bit and those of the classes that hold it. */
export function codeOfClass(name: string | undefined, { target, classes }: JoinedSet): number {
  let code = 0;
  for (
    let one = classes.find((other) => other.name === name);
    one;
    one = classes.find((other) => other.name === one?.inside)
  )
    code |= target === "softmax" ? one.index : 1 << one.index;
  return code;
}

/**
 * The codes `[S]` of a case from those of its mask files (labels.ts). Where files show the same pixel, overlapping
 * classes hold together; of exclusive ones the first file's wins, and with a file a class the class of highest number.
 * Negative codes, of pixels that nobody labelled, give way to any class.
 */
export function joinCodes(files: readonly { codes: Int32Array; file: MaskFile }[], set: JoinedSet): Int32Array {
  const [{ codes: first, file }] = files;
  if (files.length === 1 && file.className === undefined) return first;
  const joined = new Int32Array(first.length);
  for (const { codes, file } of files) {
    const own = file.className === undefined ? undefined : codeOfClass(file.className, set);
    for (let i = 0; i < joined.length; i++) {
      const code = own !== undefined && codes[i] > 0 ? own : codes[i];
      if (code === 0) continue;
      if (code < 0 || joined[i] <= 0) joined[i] = code > 0 || joined[i] === 0 ? code : joined[i];
      else if (set.target === "sigmoid") joined[i] |= code;
      else if (own !== undefined) joined[i] = Math.max(joined[i], code);
    }
  }
  return joined;
}
