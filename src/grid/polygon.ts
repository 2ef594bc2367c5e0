/** From an outline to the pixels in it. */

/** Corners `(x, y)` in pixels; the centre of the first pixel is (0, 0). */
export type Polygon = readonly (readonly [x: number, y: number])[];

/** Where an outline crosses a row of pixel centres, ascending. A corner on the row counts for one of its two edges. */
function crossings(polygon: Polygon, row: number): number[] {
  const found: number[] = [];
  polygon.forEach(([x, y], i) => {
    const [nextX, nextY] = polygon[(i + 1) % polygon.length];
    if (y <= row !== nextY <= row) found.push(x + ((row - y) * (nextX - x)) / (nextY - y));
  });
  return found.sort((a, b) => a - b);
}

/**
 * Turns round every pixel whose centre lies in a polygon, so that of polygons within each other every second one is a hole
 * (even-odd rule). Of a centre on the outline, the side towards larger indices is inside: polygons that share an edge share
 * no pixel.
 * @param mask `[rows, columns]` of 0 and 1
 * @param origin the pixel that the mask begins at, whole numbers; moving the corners instead would round them anew
 */
export function togglePolygon(mask: Uint8Array, columns: number, polygon: Polygon, origin = { x: 0, y: 0 }): void {
  const rows = mask.length / columns;
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [, y] of polygon) [lowest, highest] = [Math.min(lowest, y), Math.max(highest, y)];
  const [first, last] = [Math.max(origin.y, Math.ceil(lowest)), Math.min(origin.y + rows - 1, highest)];
  for (let row = first; row <= last; row++) {
    const at = crossings(polygon, row);
    for (let i = 0; i + 1 < at.length; i += 2) {
      const end = Math.min(columns, Math.ceil(at[i + 1]) - origin.x);
      const begin = (row - origin.y) * columns;
      for (let x = Math.max(0, Math.ceil(at[i]) - origin.x); x < end; x++) mask[begin + x] ^= 1;
    }
  }
}
