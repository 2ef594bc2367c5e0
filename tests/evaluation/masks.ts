/** Masks and a deliberately simple reference for the tests of the metrics. */
import fc from "fast-check";

/** A mask `[H, W]` from rows of text; any character but `.` is object. */
export function maskOf(...rows: string[]): { mask: Uint8Array; shape: [number, number] } {
  const mask = Uint8Array.from(rows.join(""), (character) => (character === "." ? 0 : 1));
  return { mask, shape: [rows.length, rows[0].length] };
}

/** A mask of `shape` with 1 wherever `inside(...coordinates)` holds. */
export function fill(shape: readonly number[], inside: (...at: number[]) => boolean): Uint8Array {
  const mask = new Uint8Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < mask.length; i++) mask[i] = inside(...coordinatesOf(i, shape)) ? 1 : 0;
  return mask;
}

/** Coordinates of a flat index. */
export function coordinatesOf(index: number, shape: readonly number[]): number[] {
  const at: number[] = [];
  let rest = index;
  for (const extent of [...shape].reverse()) {
    at.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return at;
}

/** Surface of a mask by the definition: object voxels with a background (or no) neighbour along some axis. */
export function surfaceByDefinition(mask: Uint8Array, shape: readonly number[]): number[][] {
  const isObject = (at: readonly number[]) =>
    at.every((c, axis) => c >= 0 && c < shape[axis]) &&
    mask[at.reduce((index, c, axis) => index * shape[axis] + c, 0)] !== 0;
  const surface: number[][] = [];
  for (let i = 0; i < mask.length; i++) {
    const at = coordinatesOf(i, shape);
    const inner = at.every((_, axis) =>
      [-1, 1].every((step) => isObject(at.map((c, other) => (other === axis ? c + step : c)))),
    );
    if (mask[i] !== 0 && !inner) surface.push(at);
  }
  return surface;
}

/** Distance from every point to the nearest of `sites`, by trying all. */
export function distancesByTrying(points: number[][], sites: number[][], spacing: readonly number[]): number[] {
  return points.map((point) =>
    Math.min(
      ...sites.map((site) =>
        Math.sqrt(point.reduce((sum, c, axis) => sum + ((c - site[axis]) * spacing[axis]) ** 2, 0)),
      ),
    ),
  );
}

/** Arbitrary pairs of masks of one shape: noise of any density, at least one object voxel each. */
export function maskPairs(rank: 2 | 3) {
  const extent = fc.integer({ min: 1, max: rank === 2 ? 12 : 6 });
  return fc.tuple(...Array.from({ length: rank }, () => extent)).chain((shape) => {
    const voxels = shape.reduce((a, b) => a * b, 1);
    const density = fc.constantFrom(0.05, 0.3, 0.7, 0.97);
    const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: voxels, maxLength: voxels });
    const object = fc.tuple(density, values, fc.nat({ max: voxels - 1 })).map(([share, draws, certain]) => {
      const mask = Uint8Array.from(draws, (draw) => (draw < share ? 1 : 0));
      mask[certain] = 1;
      return mask;
    });
    return fc.record({ shape: fc.constant(shape), prediction: object, reference: object });
  });
}

/** Arbitrary voxel sizes, one per axis. */
export function spacings(rank: number) {
  return fc.array(fc.double({ min: 0.2, max: 5, noNaN: true }), { minLength: rank, maxLength: rank });
}
