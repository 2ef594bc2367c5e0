/** The connected pixels around one, found span by span, so that it costs what it finds. */
import type { Size } from "./box.js";
import type { Region } from "./region.js";

/** Who is a neighbour: across sides, or corners too. */
export type Neighbours = 4 | 8;

/** What a flood has found so far. */
interface Found {
  readonly seen: Uint8Array;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Marks the whole span around a pixel and widens what was found; first and last column. */
function takeSpan(
  found: Found,
  codes: Uint8Array,
  belongs: Uint8Array,
  width: number,
  x: number,
  y: number,
): [number, number] {
  const row = y * width;
  let [first, last] = [x, x];
  while (first > 0 && belongs[codes[row + first - 1]] !== 0) first--;
  while (last < width - 1 && belongs[codes[row + last + 1]] !== 0) last++;
  found.seen.fill(1, row + first, row + last + 1);
  found.left = Math.min(found.left, first);
  found.right = Math.max(found.right, last);
  found.top = Math.min(found.top, y);
  found.bottom = Math.max(found.bottom, y);
  return [first, last];
}

/** The part of a whole image's marks that lies in the box around them. */
function cutOut({ seen, left, right, top, bottom }: Found, width: number): Region {
  const box = { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
  const covered = new Uint8Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const first = (top + y) * width + left;
    covered.set(seen.subarray(first, first + box.width), y * box.width);
  }
  return { box, covered };
}

/**
 * The pixels that hang together with one.
 * @param belongs for each byte whether pixels that hold it can belong
 * @returns null where the pixel itself does not belong or lies outside
 */
export function floodRegion(
  codes: Uint8Array,
  { width, height }: Size,
  seed: { x: number; y: number },
  belongs: Uint8Array,
  neighbours: Neighbours,
): Region | null {
  const { x, y } = seed;
  if (x < 0 || y < 0 || x >= width || y >= height || belongs[codes[y * width + x]] === 0) return null;
  const found: Found = { seen: new Uint8Array(codes.length), left: x, right: x, top: y, bottom: y };
  const reach = neighbours === 8 ? 1 : 0;
  const waiting = [y * width + x];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (found.seen[index] !== 0) continue;
    const row = Math.floor(index / width);
    const [first, last] = takeSpan(found, codes, belongs, width, index - row * width, row);
    for (const other of [row - 1, row + 1]) {
      if (other < 0 || other >= height) continue;
      const [from, to] = [Math.max(0, first - reach), Math.min(width - 1, last + reach)];
      let isInside = false;
      for (let at = other * width + from; at <= other * width + to; at++) {
        const isOpen = belongs[codes[at]] !== 0 && found.seen[at] === 0;
        if (isOpen && !isInside) waiting.push(at);
        isInside = isOpen;
      }
    }
  }
  return cutOut(found, width);
}
