/**
 * Frames of one orientation as a volume: put in order, and everything told that would make its grid wrong. Readers that say
 * nothing stretch a volume over a missing slice, count a repeated one twice, and straighten a tilted gantry.
 */
import { type Affine, type Grid, makeGrid } from "../../grid/grid.js";
import { dot, minus, times, type Vector } from "../../grid/vector.js";
import { isSpacing, normalOf, type Place } from "./place.js";

/** A frame that has a place. */
export interface Placed {
  readonly place: Place;
}

/** Frames in the order of their slices. */
export interface Stack<F extends Placed> {
  /** Ascending along the normal. */
  readonly frames: readonly F[];
  readonly grid: Grid;
  /** What a user should know of it, sentences without the file's name. */
  readonly remarks: readonly string[];
}

/** Positions nearer than this to each other are the same, mm. */
const samePosition = 1e-3;
/** Slices this share of their distance off a regular grid are where it says, written with fewer digits. */
const tolerance = 0.1;
/** Degrees between the slice axis and the normal that are told. */
const toldTilt = 0.1;

/** Where a frame lies along the normal of its stack, mm. */
function height(place: Place, normal: Vector): number {
  return dot(place.position, normal);
}

/**
 * Sorts frames along their normal, those at one position beside each other.
 * @param frames all of one orientation; at one position in the order in which they count
 * @returns the frames at each position
 */
export function byPosition<F extends Placed>(frames: readonly F[]): F[][] {
  const normal = normalOf(frames[0].place);
  const at = (frame: F) => height(frame.place, normal);
  const positions: F[][] = [];
  for (const frame of [...frames].sort((a, b) => at(a) - at(b))) {
    const last = positions[positions.length - 1];
    if (last && at(frame) - at(last[0]) <= samePosition) last.push(frame);
    else positions.push([frame]);
  }
  return positions;
}

/** Why slices at these heights have no regular grid; undefined where they have. */
function irregularity(heights: readonly number[]): string | undefined {
  const gaps = heights.slice(1).map((one, i) => one - heights[i]);
  const step = (heights[heights.length - 1] - heights[0]) / gaps.length;
  if (heights.every((one, i) => Math.abs(one - heights[0] - i * step) <= tolerance * step)) return undefined;
  const usual = Math.min(...gaps);
  const inSteps = gaps.map((gap) => Math.max(1, Math.round(gap / usual)));
  const missing = inSteps.reduce((sum, steps) => sum + steps - 1, 0);
  const areSteps = gaps.every((gap, i) => Math.abs(gap - inSteps[i] * usual) <= tolerance * usual);
  if (!areSteps || missing > heights.length)
    return `the distances of its slices vary from ${usual.toFixed(3)} to ${Math.max(...gaps).toFixed(3)} mm`;
  const first = inSteps.findIndex((steps) => steps > 1) + 1;
  return `${missing === 1 ? "1 slice is" : `${missing} slices are`} missing, the first behind slice ${first} of ${heights.length}`;
}

/** Whether all frames lie on the line from the first to the last. */
function isStraight(places: readonly Place[], step: Vector): boolean {
  const [first] = places;
  const most = tolerance * Math.min(...first.spacing);
  const along = times(step, 1 / Math.hypot(...step));
  return places.every(({ position }) => {
    const from = minus(position, first.position);
    return Math.hypot(...minus(from, times(along, dot(from, along)))) <= most;
  });
}

/** Why frames have no regular grid; undefined where they have. */
function whyIrregular(places: readonly Place[], step: Vector): string | undefined {
  const normal = normalOf(places[0]);
  const uneven = irregularity(places.map((place) => height(place, normal)));
  if (uneven) return uneven;
  return isStraight(places, step) ? undefined : "its slices are shifted against each other";
}

/**
 * Puts frames at different positions together.
 * @param frames     in the order of their slices, as {@link byPosition} gives them
 * @param shape      `[rows, columns]` of each
 * @param thickness  mm between slices where there is one slice only; unknown unless given
 * @returns a grid of `[slices, rows, columns]`; its spacing and its place are unknown where the slices are not regular
 */
export function stack<F extends Placed>(
  file: string,
  frames: readonly F[],
  shape: readonly [number, number],
  thickness: number | undefined,
): Stack<F> {
  const places = frames.map(({ place }) => place);
  const [first] = places;
  const size = [frames.length, ...shape];
  const normal = normalOf(first);
  if (frames.length === 1 && !isSpacing(thickness)) {
    return {
      frames,
      grid: makeGrid(file, size),
      remarks: ["it has one slice of unknown thickness, so its spacing is unknown"],
    };
  }
  const step =
    frames.length === 1
      ? times(normal, thickness as number)
      : times(minus(places[places.length - 1].position, first.position), 1 / (frames.length - 1));
  const irregular = frames.length > 1 ? whyIrregular(places, step) : undefined;
  if (irregular) {
    const remark = `${irregular}, so it has no regular grid: its spacing and its place in the patient stay unknown`;
    return { frames, grid: makeGrid(file, size), remarks: [remark] };
  }
  const tilt = (Math.acos(Math.min(1, dot(step, normal) / Math.hypot(...step))) * 180) / Math.PI;
  const remarks =
    tilt > toldTilt
      ? [`its gantry is tilted by ${tilt.toFixed(2)} degrees: slices are sheared against the normal`]
      : [];
  return {
    frames,
    grid: makeGrid(file, size, [Math.hypot(...step), ...first.spacing], stackAffine(first, step)),
    remarks,
  };
}

/** From `[z, y, x]` to world coordinates. */
function stackAffine({ position, alongRow, alongColumn, spacing: [y, x] }: Place, step: Vector): Affine {
  const row = (r: 0 | 1 | 2) => [step[r], alongColumn[r] * y, alongRow[r] * x, position[r]];
  return [row(0), row(1), row(2)];
}
