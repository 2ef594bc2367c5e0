/** Colours as configurations have them. */

/** `#rrggbb` as three bytes. */
export function colourBytes(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
