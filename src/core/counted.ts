/** Numbers of things in sentences. */

/** `1 step`, `2 steps`. @param word in the singular, of those that take an s */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
