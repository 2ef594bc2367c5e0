/** Options that may be given several times. */

/** All values of such an option in their order, as commander adds them up. */
export function collected(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
