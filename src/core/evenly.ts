/** At most so many of some values, evenly spread over them, in their order. */
export function evenly<T>(values: readonly T[], most: number): T[] {
  const count = Math.min(values.length, most);
  return Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)]);
}
