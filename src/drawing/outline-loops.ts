/**
 * The outlines of a binary mask as closed loops: the squares of the mask are walked around edge by edge, and the
 * middles of those edges are the points that marching squares (Lorensen & Cline 1987, in two dimensions) finds.
 * Coordinates are pixels with (0, 0) at the corner of the first pixel; outside the image is background.
 */

/** One closed outline. */
export interface OutlineLoop {
  /** x and y of each point in turn, the object to the right of the way (clockwise on a screen around an object). */
  readonly points: Float64Array;
  /** Pixels inside the loop, exactly; negative for a hole. */
  readonly area: number;
}

/** Steps along x and y for each direction: right, down, left, up. */
const stepX = [1, 0, -1, 0] as const;
const stepY = [0, 1, 0, -1] as const;

/** For each pixel corner one bit for each direction in which an edge with the object to its right begins. */
function edgesOf(mask: Uint8Array, height: number, width: number): Uint8Array {
  const row = width + 1;
  const edges = new Uint8Array(row * (height + 1));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (mask[i] === 0) continue;
      const corner = y * row + x;
      if (y === 0 || mask[i - width] === 0) edges[corner] |= 1;
      if (x === width - 1 || mask[i + 1] === 0) edges[corner + 1] |= 2;
      if (y === height - 1 || mask[i + width] === 0) edges[corner + row + 1] |= 4;
      if (x === 0 || mask[i - 1] === 0) edges[corner + row] |= 8;
    }
  }
  return edges;
}

/** Where to go on from a corner: to the right first, so that pixels that touch only at a corner are apart. */
function turn(edges: number, direction: number): number {
  for (const by of [1, 0, 3]) {
    const next = (direction + by) & 3;
    if (edges & (1 << next)) return next;
  }
  throw new Error("internal: the outline of a mask is not closed");
}

/** Walks along the loop that begins with an edge, taking its edges away. */
function walk(edges: Uint8Array, row: number, start: number, first: number): OutlineLoop {
  const points: number[] = [];
  let doubleArea = 0;
  let corner = start;
  let direction = first;
  do {
    const x = corner % row;
    const y = (corner - x) / row;
    points.push(x + stepX[direction] / 2, y + stepY[direction] / 2);
    doubleArea += x * stepY[direction] - y * stepX[direction];
    // The first edge stays until the end: a loop may pass its first corner twice.
    if (points.length > 2) edges[corner] &= ~(1 << direction);
    corner += stepX[direction] + row * stepY[direction];
    direction = turn(edges[corner], direction);
  } while (corner !== start || direction !== first);
  edges[start] &= ~(1 << first);
  return { points: Float64Array.from(points), area: doubleArea / 2 };
}

/**
 * All outlines of a mask, outer ones and holes, in raster order of their first corner. Objects are 4-connected. The
 * areas of the loops add up to the number of object pixels.
 * @param mask `[H, W]` flattened; nonzero is object
 */
export function outlineLoops(mask: Uint8Array, { height, width }: { height: number; width: number }): OutlineLoop[] {
  const edges = edgesOf(mask, height, width);
  const loops: OutlineLoop[] = [];
  for (let corner = 0; corner < edges.length; corner++) {
    while (edges[corner] !== 0) {
      const first = [0, 1, 2, 3].find((direction) => edges[corner] & (1 << direction)) as number;
      loops.push(walk(edges, width + 1, corner, first));
    }
  }
  return loops;
}
