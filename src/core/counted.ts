/** Numbers of things in sentences. */

/** `1 step`, `2 steps`. @param word in the singular, of those that take an s */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** `2 volumes (the first is a.nii)`, `1 volume (a.nii)`. @param names at least one */
export function countedNames(names: readonly string[], word: string): string {
  return `${counted(names.length, word)} (${names.length > 1 ? "the first is " : ""}${names[0]})`;
}
