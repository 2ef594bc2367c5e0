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
 */
export function togglePolygon(mask: Uint8Array, columns: number, polygon: Polygon): void {
  const rows = mask.length / columns;
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [, y] of polygon) [lowest, highest] = [Math.min(lowest, y), Math.max(highest, y)];
  for (let row = Math.max(0, Math.ceil(lowest)); row <= Math.min(rows - 1, highest); row++) {
    const at = crossings(polygon, row);
    for (let i = 0; i + 1 < at.length; i += 2) {
      const end = Math.min(columns, Math.ceil(at[i + 1]));
      for (let x = Math.max(0, Math.ceil(at[i])); x < end; x++) mask[row * columns + x] ^= 1;
    }
  }
}
