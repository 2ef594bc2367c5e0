/**
 * The connected parts of a mask. What touches by a corner belongs together: 8 neighbours in a picture, 26 in a volume.
 */

/** The parts, numbered from 1 in the order in which reading meets them. */
export interface Components {
  /** For each pixel the number of its part, or 0. */
  readonly labels: Int32Array;
  /** Pixels of each part: of part n at n − 1. */
  readonly sizes: readonly number[];
}

/** Sides [D, H, W] of a mask; an image is a volume of one slice. */
type Sides = readonly [depth: number, height: number, width: number];

/** Paints the component that holds `start` with `label`; returns its size in pixels. */
function paint(
  mask: Uint8Array,
  labels: Int32Array,
  [depth, height, width]: Sides,
  start: number,
  label: number,
  stack: number[],
): number {
  let size = 0;
  labels[start] = label;
  stack.push(start);
  while (stack.length > 0) {
    const at = stack.pop() as number;
    size++;
    const column = at % width;
    const line = (at - column) / width;
    const row = line % height;
    const slice = (line - row) / height;
    for (let z = Math.max(slice - 1, 0); z <= Math.min(slice + 1, depth - 1); z++) {
      for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, height - 1); y++) {
        for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, width - 1); x++) {
          const next = (z * height + y) * width + x;
          if (mask[next] === 0 || labels[next] !== 0) continue;
          labels[next] = label;
          stack.push(next);
        }
      }
    }
  }
  return size;
}

/**
 * Finds the connected parts of a mask.
 * @param mask  nonzero is object
 * @param shape of the mask, [H, W] or [D, H, W]
 */
export function connectedComponents(mask: Uint8Array, shape: readonly number[]): Components {
  const sides = [...(shape.length === 2 ? [1] : []), ...shape] as unknown as Sides;
  const labels = new Int32Array(mask.length);
  const stack: number[] = [];
  const sizes: number[] = [];
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || labels[start] !== 0) continue;
    sizes.push(paint(mask, labels, sides, start, sizes.length + 1, stack));
  }
  return { labels, sizes };
}
