/**
 * The outline of a mask as an SVG path to draw over its image: the stairs of the pixels are relaxed as in constrained
 * elastic surface nets (Gibson, MICCAI 1998), each point within half a pixel of the edge it stands for and the area of
 * each loop that of its pixels, so that the line is smooth at any zoom and still shows the mask that was judged.
 */
import { outlineLoops } from "./outline-loops.js";

/** Height and width in pixels. */
export interface PictureSize {
  readonly height: number;
  readonly width: number;
}

/** Where a mask lies on a larger picture: its size there, and its upper left corner. */
export interface PicturePlace extends PictureSize {
  readonly left: number;
  readonly top: number;
}

const rounds = 24;
/** Loops of up to this many points, two pixels and the like, are drawn as they are. */
const leastPoints = 8;
/** How far the path may leave the relaxed loop, as a share of the picture's longer side. */
const tolerance = 1 / 4000;

/** Which coordinates lie on the picture's edge; an outline follows it exactly. */
function pinned(points: Float64Array, { height, width }: PictureSize): Uint8Array {
  const onEdge = (i: number) => points[i] === 0 || points[i] === (i % 2 === 0 ? width : height);
  return Uint8Array.from(points, (_, i) => (onEdge(i) || onEdge(i ^ 1) ? 1 : 0));
}

/** Moves each point towards the middle of its neighbours, at most half a pixel along each axis in all. */
function relax(points: Float64Array, fixed: Uint8Array): Float64Array {
  const count = points.length;
  let now = points;
  for (let round = 0; round < rounds; round++) {
    const next = now.slice();
    for (let i = 0; i < count; i++) {
      if (fixed[i] === 1) continue;
      const middle = (now[(i + count - 2) % count] + now[(i + 2) % count]) / 2;
      const moved = (now[i] + middle) / 2;
      next[i] = Math.min(points[i] + 0.5, Math.max(points[i] - 0.5, moved));
    }
    now = next;
  }
  return now;
}

/** The area that a closed polygon encloses, with the sign of {@link outlineLoops}. */
export function polygonArea(points: ArrayLike<number>): number {
  let double = 0;
  for (let i = 0; i < points.length; i += 2) {
    const j = (i + 2) % points.length;
    double += points[i] * points[j + 1] - points[j] * points[i + 1];
  }
  return double / 2;
}

/** Moves all free points outwards or inwards by the same distance until the polygon has an area. */
function withArea(points: Float64Array, fixed: Uint8Array, area: number): Float64Array {
  const count = points.length;
  let now = points;
  for (let round = 0; round < 3; round++) {
    const normals = new Float64Array(count);
    let growth = 0;
    for (let i = 0; i < count; i += 2) {
      const [before, after] = [(i + count - 2) % count, (i + 2) % count];
      const [dx, dy] = [now[after] - now[before], now[after + 1] - now[before + 1]];
      const chord = Math.hypot(dx, dy);
      if (chord === 0 || fixed[i] === 1) continue;
      growth += chord / 2;
      normals.set([dy / chord, -dx / chord], i);
    }
    if (growth === 0) return now;
    const distance = (area - polygonArea(now)) / growth;
    now = now.map((value, i) => value + distance * normals[i]);
  }
  return now;
}

/** Distance of a point from a stretch between two others, squared. */
function offset(points: Float64Array, i: number, from: number, to: number): number {
  const [x, y] = [points[2 * i] - points[2 * from], points[2 * i + 1] - points[2 * from + 1]];
  const [dx, dy] = [points[2 * to] - points[2 * from], points[2 * to + 1] - points[2 * from + 1]];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, (x * dx + y * dy) / length));
  return (x - along * dx) ** 2 + (y - along * dy) ** 2;
}

/** Numbers of the points that stay when those nearer than `most` to the line are left out (Douglas & Peucker 1973). */
function simplified(points: Float64Array, most: number): number[] {
  const count = points.length / 2;
  const kept = new Uint8Array(count);
  const middle = count >> 1;
  kept[0] = 1;
  kept[middle] = 1;
  // The loop is cut into two lines; its first point closes the second.
  const closed = Float64Array.from([...points, points[0], points[1]]);
  const open: [from: number, to: number][] = [
    [0, middle],
    [middle, count],
  ];
  for (let span = open.pop(); span; span = open.pop()) {
    const [from, to] = span;
    let farthest = from;
    let distance = most * most;
    for (let i = from + 1; i < to; i++) {
      const own = offset(closed, i, from, to);
      if (own > distance) [farthest, distance] = [i, own];
    }
    if (farthest === from) continue;
    kept[farthest] = 1;
    open.push([from, farthest], [farthest, to]);
  }
  return Array.from(kept.keys()).filter((i) => kept[i] === 1);
}

/** Digits behind the point that keep the rounding below the tolerance. */
function digitsFor({ height, width }: PictureSize): number {
  return Math.max(0, Math.ceil(-Math.log10(tolerance * Math.max(height, width))));
}

/**
 * The outline of a mask as the `d` of an SVG path in the coordinates of a picture that it is drawn over, (0, 0) at the
 * upper left corner of the picture; holes run the other way round, so that either fill rule gives the mask.
 * @param mask    `[H, W]` flattened; nonzero is object
 * @param size    of the mask
 * @param picture size of the picture that the mask covers, or its place on one; the mask's own size unless given
 * @returns "" for an empty mask
 * @example outlinePath(mask, { height: 256, width: 256 }, { height: 512, width: 512 }) // "M12.1 30.4 13 29.2 … Z"
 */
export function outlinePath(mask: Uint8Array, size: PictureSize, picture: PictureSize | PicturePlace = size): string {
  const corner = "left" in picture ? [picture.left, picture.top] : [0, 0];
  const scale = [picture.width / size.width, picture.height / size.height];
  const digits = digitsFor(picture);
  const most = tolerance * Math.max(picture.height, picture.width);
  const loops = outlineLoops(mask, size).map(({ points, area }) => {
    const fixed = pinned(points, size);
    const smooth = withArea(points.length / 2 > leastPoints ? relax(points, fixed) : points, fixed, area);
    const placed = smooth.map((value, i) => corner[i % 2] + value * scale[i % 2]);
    const text = simplified(placed, most).map((i) =>
      [placed[2 * i], placed[2 * i + 1]].map((value) => String(Number(value.toFixed(digits)))).join(" "),
    );
    return `M${text.join(" ")}Z`;
  });
  return loops.join("");
}
