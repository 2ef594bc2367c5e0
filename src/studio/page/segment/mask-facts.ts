/**
 * What a page shows of a mask as a whole, counted once where the mask is made: volumes have too many voxels to be looked
 * through while they are shown.
 */

/** The facts. */
export interface MaskFacts {
  /** The bytes that it holds, ascending. */
  readonly values: readonly number[];
  /** For each axis of its grid how much is marked at each position along it. */
  readonly marked: readonly (readonly number[])[];
}

/** Counts. @param shape of the mask's grid, two or three axes */
export function maskFacts(mask: Uint8Array, shape: readonly number[]): MaskFacts {
  const [planes, lines, columns] = shape.length === 2 ? [1, ...shape] : shape;
  const held = new Uint8Array(256);
  const marked = [planes, lines, columns].map((side) => new Float64Array(side));
  const [ofPlane, ofLine, ofColumn] = marked;
  for (let z = 0, i = 0; z < planes; z++)
    for (let y = 0; y < lines; y++)
      for (let x = 0; x < columns; x++, i++) {
        held[mask[i]] = 1;
        if (mask[i] === 0) continue;
        ofPlane[z]++;
        ofLine[y]++;
        ofColumn[x]++;
      }
  const values = [...held.keys()].filter((value) => held[value] === 1);
  return { values, marked: marked.slice(-shape.length).map((along) => [...along]) };
}
