/**
 * The connected parts of a mask. What touches by a corner belongs together unless told otherwise: 8 neighbours in a
 * picture, 26 in a volume.
 * Runs of object along the last axis are joined with those of the lines before that they touch (union-find; Wu, Otoo &
 * Suzuki 2009), so that the inside of an object costs one look a voxel.
 */

/** How many neighbours of a pixel (4, 8) or voxel (6, 18, 26) belong to it: across sides, edges too, corners too. */
export type Connectivity = 4 | 8 | 6 | 18 | 26;

/** Along how many axes at once a neighbour may lie. */
const axesAtOnce: Readonly<Record<Connectivity, number>> = { 4: 1, 8: 2, 6: 1, 18: 2, 26: 3 };

/** Those that a picture or a volume may have. */
export function connectivities(rank: number): readonly Connectivity[] {
  return rank === 2 ? [4, 8] : [6, 18, 26];
}

/** Corners too, as scikit-image and nnU-Net have it. */
export function usualConnectivity(rank: number): Connectivity {
  return rank === 2 ? 8 : 26;
}

/** The parts, numbered from 1 in the order in which reading meets them. */
export interface Components {
  /** For each pixel the number of its part, or 0. */
  readonly labels: Int32Array;
  /** Pixels of each part: of part n at n − 1. */
  readonly sizes: readonly number[];
}

/** Runs of object in reading order. */
interface Runs {
  /** First and last index of each run, flat. */
  readonly first: number[];
  readonly last: number[];
  /** Number of runs before each line, and after the last one. */
  readonly before: Int32Array;
}

function runsOf(mask: Uint8Array, lines: number, width: number): Runs {
  const runs: Runs = { first: [], last: [], before: new Int32Array(lines + 1) };
  for (let line = 0; line < lines; line++) {
    const end = (line + 1) * width;
    for (let i = line * width; i < end; i++) {
      if (mask[i] === 0) continue;
      runs.first.push(i);
      while (i + 1 < end && mask[i + 1] !== 0) i++;
      runs.last.push(i);
    }
    runs.before[line + 1] = runs.first.length;
  }
  return runs;
}

/** The first run of the part that a run belongs to so far; makes the way there shorter. */
function rootOf(parents: Int32Array, run: number): number {
  let root = run;
  while (parents[root] !== root) {
    parents[root] = parents[parents[root]];
    root = parents[root];
  }
  return root;
}

/**
 * Joins the runs of a line with those of an earlier one that they touch.
 * @param reach 1 where runs that end a pixel before each other touch, 0 where they must lie beside each other
 */
function join(
  parents: Int32Array,
  { first, last, before }: Runs,
  line: number,
  earlier: number,
  width: number,
  reach: number,
): void {
  const shift = (line - earlier) * width;
  let other = before[earlier];
  const otherEnd = before[earlier + 1];
  for (let run = before[line]; run < before[line + 1] && other < otherEnd; run++) {
    const [low, high] = [first[run] - shift - reach, last[run] - shift + reach];
    while (other < otherEnd && last[other] < low) other++;
    for (let touched = other; touched < otherEnd && first[touched] <= high; touched++) {
      const [a, b] = [rootOf(parents, run), rootOf(parents, touched)];
      // The earlier run becomes the root, so that parts are numbered as reading meets them.
      if (a < b) parents[b] = a;
      else parents[a] = b;
    }
  }
}

/** The lines before a line that its runs may touch: how far before in planes and lines, and the reach along the line. */
function linesBefore(axes: number): (readonly [planes: number, lines: number, reach: number])[] {
  const all = [
    [0, 1],
    [1, 1],
    [1, 0],
    [1, -1],
  ] as const;
  return all.flatMap(([planes, lines]) => {
    const left = axes - planes - Math.abs(lines);
    return left < 0 ? [] : [[planes, lines, Math.min(left, 1)] as const];
  });
}

/**
 * Finds the connected parts of a mask.
 * @param mask  nonzero is object
 * @param shape of the mask, [H, W] or [D, H, W]
 * @param connectivity what belongs together; corners too unless given
 */
export function connectedComponents(
  mask: Uint8Array,
  shape: readonly number[],
  connectivity: Connectivity = usualConnectivity(shape.length),
): Components {
  const [depth, height, width] = shape.length === 2 ? [1, ...shape] : shape;
  const runs = runsOf(mask, depth * height, width);
  const parents = Int32Array.from(runs.first.keys());
  const before = linesBefore(axesAtOnce[connectivity]);
  for (let line = 0; line < depth * height; line++) {
    if (runs.before[line] === runs.before[line + 1]) continue;
    const [z, y] = [Math.floor(line / height), line % height];
    for (const [planes, lines, reach] of before) {
      if (planes > z || lines > y || y - lines >= height) continue;
      join(parents, runs, line, line - planes * height - lines, width, reach);
    }
  }
  return numbered(mask.length, runs, parents);
}

function numbered(length: number, { first, last }: Runs, parents: Int32Array): Components {
  const labels = new Int32Array(length);
  const sizes: number[] = [];
  const numbers = new Int32Array(parents.length);
  parents.forEach((_, run) => {
    const root = rootOf(parents, run);
    if (root === run) numbers[run] = sizes.push(0);
    const number = numbers[root];
    labels.fill(number, first[run], last[run] + 1);
    sizes[number - 1] += last[run] + 1 - first[run];
  });
  return { labels, sizes };
}
