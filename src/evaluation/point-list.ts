/** A growing list of lattice points: what surfaces and contours are, and what distances are measured between. */

/** First and last coordinate along (z, y, x) of the box around some points. */
export interface Bounds {
  readonly low: [number, number, number];
  readonly high: [number, number, number];
}

/** Points with integer coordinates (z, y, x), kept in the order they were added. */
export class PointList {
  /** `z0, y0, x0, z1, y1, x1, …`; only the first `3·count` entries count. */
  coordinates = new Int32Array(3 * 512);
  count = 0;

  push(z: number, y: number, x: number): void {
    const at = 3 * this.count;
    if (at === this.coordinates.length) {
      const larger = new Int32Array(2 * at);
      larger.set(this.coordinates);
      this.coordinates = larger;
    }
    this.coordinates[at] = z;
    this.coordinates[at + 1] = y;
    this.coordinates[at + 2] = x;
    this.count++;
  }
}

/** The box around all points of the lists; `low` exceeds `high` when there is no point. */
export function boundsOf(...lists: readonly PointList[]): Bounds {
  const low: Bounds["low"] = [0x7fffffff, 0x7fffffff, 0x7fffffff];
  const high: Bounds["high"] = [-1, -1, -1];
  for (const { coordinates, count } of lists) {
    for (let axis = 0; axis < 3; axis++) {
      let least = low[axis];
      let greatest = high[axis];
      for (let i = axis; i < 3 * count; i += 3) {
        if (coordinates[i] < least) least = coordinates[i];
        if (coordinates[i] > greatest) greatest = coordinates[i];
      }
      low[axis] = least;
      high[axis] = greatest;
    }
  }
  return { low, high };
}
