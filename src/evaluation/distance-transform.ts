/**
 * Exact Euclidean distances from a set of lattice points to the nearest point of another set, in time linear in the
 * box that holds both sets. Separable: distances along the slowest axis by two sweeps, then the lower envelope of
 * parabolas along each further axis (Meijster, Roerdink & Hesselink 2000; Felzenszwalb & Huttenlocher 2012), with
 * Maurer's division-free test (Maurer, Qi & Raghavan 2003). Where queries and sites lie close together a search outwards
 * from each query needs no envelope. Rows without a query are skipped in the last axis.
 * Equal spacing along all axes is computed on integers and scaled once, so it is exact.
 */
import { boundsOf, type PointList } from "./point-list.js";

/** Steps where no site lies on the line: more than any box has, with room to count on within 32 bits. */
const far = 0x3fffffff;
/** Places that the searches in a plane may look at for each of its voxels: until then they cost less than envelopes. */
const looksPerVoxel = 8;
/** Boxes up to this many voxels reuse one buffer between calls; larger ones are not worth holding on to. */
const keptVoxels = 1 << 22;

let stepsBuffer = new Int32Array(0);
let planeBuffer = new Float64Array(0);
let sitePositions = new Float64Array(0);
let siteHeights = new Float64Array(0);

/** The box that holds both point sets: first coordinate and extent along (z, y, x). */
interface Box {
  readonly first: readonly [number, number, number];
  readonly extent: readonly [number, number, number];
}

/** A row of the plane buffer. */
interface Row {
  readonly start: number;
  readonly width: number;
  /** x of its first voxel. */
  readonly firstX: number;
  readonly xSize: number;
}

/** Smallest box around the points of both lists. */
function jointBox(a: PointList, b: PointList): Box {
  const { low, high } = boundsOf(a, b);
  return { first: low, extent: [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1] };
}

/** Makes the scratch buffers large enough for a box. */
function reserve([depth, height, width]: Box["extent"]): Int32Array {
  const longest = Math.max(height, width);
  if (sitePositions.length < longest) {
    sitePositions = new Float64Array(longest);
    siteHeights = new Float64Array(longest);
  }
  if (planeBuffer.length < height * width) planeBuffer = new Float64Array(height * width);
  const voxels = depth * height * width;
  if (voxels > keptVoxels) return new Int32Array(voxels);
  if (stepsBuffer.length < voxels) stepsBuffer = new Int32Array(voxels);
  return stepsBuffer;
}

/**
 * Fills `steps` with the number of steps to the nearest site along the slowest axis (z, or y when the box is flat),
 * at least `far` where there is none.
 */
function sweep(steps: Int32Array, sites: PointList, { first, extent }: Box): void {
  const [depth, height, width] = extent;
  const layer = depth === 1 ? width : height * width;
  const voxels = depth * height * width;
  const { coordinates, count } = sites;
  let site = 0;
  let next = siteIndex(0);
  for (let start = 0; start < voxels; start += layer) {
    if (start === 0) steps.fill(far, 0, layer);
    else for (let i = start; i < start + layer; i++) steps[i] = steps[i - layer] + 1;
    while (next < start + layer) {
      steps[next] = 0;
      next = siteIndex(++site);
    }
  }
  for (let i = voxels - layer - 1; i >= 0; i--) {
    const step = steps[i + layer] + 1;
    if (step < steps[i]) steps[i] = step;
  }

  function siteIndex(site: number): number {
    if (site === count) return voxels;
    const z = coordinates[3 * site] - first[0];
    const y = coordinates[3 * site + 1] - first[1];
    return (z * height + y) * width + coordinates[3 * site + 2] - first[2];
  }
}

/**
 * Adds the parabola with its apex at (`position`, `height`) to the lower envelope held in the scratch buffers.
 * Positions must come in ascending order.
 * @param count parabolas of the envelope so far
 * @returns parabolas of the envelope now
 */
function addParabola(count: number, position: number, height: number): number {
  let kept = count;
  while (kept >= 2) {
    const left = sitePositions[kept - 2];
    const middle = sitePositions[kept - 1];
    const a = middle - left;
    const b = position - middle;
    const c = position - left;
    if (c * siteHeights[kept - 1] - b * siteHeights[kept - 2] - a * height <= a * b * c) break;
    kept--;
  }
  sitePositions[kept] = position;
  siteHeights[kept] = height;
  return kept + 1;
}

/** Index of the envelope's lowest parabola at `position`, searched upwards from `k`. */
function nearestParabola(k: number, count: number, position: number): number {
  let best = k;
  let offset = position - sitePositions[best];
  let value = siteHeights[best] + offset * offset;
  while (best + 1 < count) {
    offset = position - sitePositions[best + 1];
    const next = siteHeights[best + 1] + offset * offset;
    if (next > value) break;
    value = next;
    best++;
  }
  return best;
}

/** Squared distances of plane `z` of a volume along (z, y), into the plane buffer; Infinity where there is no site. */
function squaredPlane(steps: Int32Array, z: number, extent: Box["extent"], zSize: number, ySize: number): void {
  const [, height, width] = extent;
  const start = z * height * width;
  for (let x = 0; x < width; x++) {
    let count = 0;
    for (let y = 0; y < height; y++) {
      const step = steps[start + y * width + x];
      if (step < far) count = addParabola(count, y * ySize, step * zSize * (step * zSize));
    }
    let k = 0;
    for (let y = 0; y < height; y++) {
      if (count === 0) {
        planeBuffer[y * width + x] = Infinity;
        continue;
      }
      k = nearestParabola(k, count, y * ySize);
      const offset = y * ySize - sitePositions[k];
      planeBuffer[y * width + x] = siteHeights[k] + offset * offset;
    }
  }
}

/** Squared distances of row `y` of an image along y, into the same row of the plane buffer. */
function squaredRow(steps: Int32Array, y: number, width: number, ySize: number): void {
  for (let i = y * width; i < (y + 1) * width; i++) {
    const distance = steps[i] * ySize;
    planeBuffer[i] = steps[i] < far ? distance * distance : Infinity;
  }
}

/**
 * Answers the queries `from` … `to`−1, which share one row of the plane buffer, by looking outwards from each: the
 * search ends as soon as the offset alone exceeds the best distance, which is soon where masks resemble each other.
 * Stops when the searches together took more than two row lengths, so that the cost stays linear.
 * @returns the first query left unanswered
 */
function searchRow(
  result: Float64Array,
  queries: PointList,
  from: number,
  to: number,
  { start, width, firstX, xSize }: Row,
): number {
  let allowance = 2 * width;
  for (let i = from; i < to; i++) {
    if (allowance < 0) return i;
    const centre = queries.coordinates[3 * i + 2] - firstX;
    const reach = Math.max(centre, width - 1 - centre);
    let best = planeBuffer[start + centre];
    let step = 1;
    for (; step <= reach; step++) {
      const offset = step * xSize * (step * xSize);
      if (offset >= best) break;
      if (step <= centre) best = Math.min(best, planeBuffer[start + centre - step] + offset);
      if (centre + step < width) best = Math.min(best, planeBuffer[start + centre + step] + offset);
    }
    allowance -= step;
    result[i] = Math.sqrt(best);
  }
  return to;
}

/** Answers the queries `from` … `to`−1 of one row of the plane buffer from the lower envelope of its parabolas. */
function sweepRow(
  result: Float64Array,
  queries: PointList,
  from: number,
  to: number,
  { start, width, firstX, xSize }: Row,
): void {
  let count = 0;
  for (let x = 0; x < width; x++) {
    const height = planeBuffer[start + x];
    if (height !== Infinity) count = addParabola(count, x * xSize, height);
  }
  let k = 0;
  for (let i = from; i < to; i++) {
    const position = (queries.coordinates[3 * i + 2] - firstX) * xSize;
    k = nearestParabola(k, count, position);
    const offset = position - sitePositions[k];
    result[i] = Math.sqrt(siteHeights[k] + offset * offset);
  }
}

/**
 * Answers the queries `from` … `to`−1, which share one plane of a volume, by looking outwards from each in squares: the
 * search ends as soon as the next square alone is farther away than the best site, which is soon where masks resemble
 * each other, and at the first square beyond the limit. Stops when the searches together looked at several
 * times as many places as the plane has, so that the cost stays linear.
 * @param steps to the nearest site along the slowest axis, as `sweep` gives them
 * @param squaredLimit square of the largest distance that is asked for
 * @returns the first query left unanswered
 */
function searchPlane(
  result: Float64Array,
  steps: Int32Array,
  queries: PointList,
  from: number,
  to: number,
  { first, extent }: Box,
  [zSize, ySize, xSize]: readonly [number, number, number],
  squaredLimit: number,
): number {
  const [, height, width] = extent;
  const { coordinates } = queries;
  const shorter = Math.min(ySize, xSize);
  let allowance = looksPerVoxel * height * width;
  for (let i = from; i < to; i++) {
    if (allowance < 0) return i;
    const start = (coordinates[3 * i] - first[0]) * height * width;
    const row = coordinates[3 * i + 1] - first[1];
    const column = coordinates[3 * i + 2] - first[2];
    const reach = Math.max(row, height - 1 - row, column, width - 1 - column);
    const here = steps[start + row * width + column];
    let best = here < far ? here * zSize * (here * zSize) : Infinity;
    let radius = 1;
    for (; radius <= reach; radius++) {
      const nearest = radius * shorter * (radius * shorter);
      if (nearest >= best || nearest > squaredLimit) break;
      const [top, bottom] = [row - radius, row + radius];
      const [left, right] = [column - radius, column + radius];
      const firstRow = top < 0 ? 0 : top;
      const lastRow = bottom >= height ? height - 1 : bottom;
      const firstColumn = left < 0 ? 0 : left;
      const lastColumn = right >= width ? width - 1 : right;
      for (let y = firstRow; y <= lastRow; y++) {
        const dy = (y - row) * ySize;
        // Of rows between the first and the last only the two ends belong to the square.
        const across = y === top || y === bottom ? 1 : 2 * radius;
        let x = across === 1 || left >= 0 ? firstColumn : right;
        for (; x <= lastColumn; x += across) {
          const step = steps[start + y * width + x];
          if (step >= far) continue;
          const dx = (x - column) * xSize;
          const squared = step * zSize * (step * zSize) + dy * dy + dx * dx;
          if (squared < best) best = squared;
        }
      }
    }
    allowance -= 4 * radius * radius;
    result[i] = Math.sqrt(best);
  }
  return to;
}

/**
 * Exact Euclidean distance from each query to its nearest site, in the unit of `spacing`.
 * @param queries points in raster order (ascending z, then y, then x)
 * @param sites   points in raster order; without sites every distance is Infinity
 * @param spacing voxel size along (z, y, x)
 * @param limit   largest distance of interest: one beyond it may be given too large, which spares the search for it
 * @returns one distance per query, in the order of the queries; owned by the caller
 */
export function nearestDistances(
  queries: PointList,
  sites: PointList,
  spacing: readonly [number, number, number],
  limit = Infinity,
): Float64Array {
  const result = new Float64Array(queries.count);
  if (queries.count === 0) return result;
  if (sites.count === 0) return result.fill(Infinity);
  const box = jointBox(queries, sites);
  const { first } = box;
  const [depth, , width] = box.extent;
  const flat = depth === 1;
  const isotropic = spacing[1] === spacing[2] && (flat || spacing[0] === spacing[1]);
  const [zSize, ySize, xSize] = isotropic ? [1, 1, 1] : spacing;
  // A little more than asked, so that rounding leaves out no distance that equals the limit.
  const squaredLimit = ((limit * xSize) / spacing[2]) ** 2 * (1 + 1e-9);
  const steps = reserve(box.extent);
  sweep(steps, sites, box);
  const { coordinates, count } = queries;
  let plane = -1;
  for (let from = 0; from < count; ) {
    const z = coordinates[3 * from];
    if (!flat && z !== plane) {
      plane = z;
      let end = from + 1;
      while (end < count && coordinates[3 * end] === z) end++;
      from = searchPlane(result, steps, queries, from, end, box, [zSize, ySize, xSize], squaredLimit);
      if (from === end) continue;
      squaredPlane(steps, z - first[0], box.extent, zSize, ySize);
    }
    const y = coordinates[3 * from + 1];
    let to = from + 1;
    while (to < count && coordinates[3 * to + 1] === y && coordinates[3 * to] === z) to++;
    if (flat) squaredRow(steps, y - first[1], width, ySize);
    const row: Row = { start: (y - first[1]) * width, width, firstX: first[2], xSize };
    const unanswered = searchRow(result, queries, from, to, row);
    if (unanswered < to) sweepRow(result, queries, unanswered, to, row);
    from = to;
  }
  if (isotropic && spacing[2] !== 1) for (let i = 0; i < count; i++) result[i] *= spacing[2];
  return result;
}
