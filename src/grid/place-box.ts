/** Values of a box of a grid among those of the whole. */

/** A box of whole planes' lines, `[planes, lines, columns]`, by the last two sides and where it begins. */
export interface PlacedBox {
  readonly extent: readonly [lines: number, columns: number];
  readonly from: readonly [z: number, y: number, x: number];
}

/**
 * Copies the values of a box to where they belong.
 * @param whole  values of a grid `[..., height, width]` that begin at `offset`
 * @param values of the box, of as many planes as they fill
 */
export function placeBox<T extends Uint8Array | Float32Array>(
  whole: T,
  values: T,
  { extent: [lines, columns], from: [z, y, x] }: PlacedBox,
  [height, width]: readonly [number, number],
  offset = 0,
): void {
  for (let row = 0; row * columns < values.length; row++) {
    const to = (z + Math.floor(row / lines)) * height + y + (row % lines);
    (whole as Uint8Array).set(values.subarray(row * columns, (row + 1) * columns), offset + to * width + x);
  }
}
