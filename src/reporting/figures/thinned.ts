/** Fewer points than there are cases, so that figures of thousands are read, and a page of many stays small. */

/** Points of all figures of one kind together, and of one of them. */
const ofAll = 6000;
const leastOfOne = 50;
const mostOfOne = 300;

/** How many points one of several figures may have. */
export function pointsFor(figures: number): number {
  return Math.max(leastOfOne, Math.min(mostOfOne, Math.floor(ofAll / Math.max(1, figures))));
}

/** Every so manieth value, the first among them, in their order. @param most at least 1 */
export function everyOther<T>(values: readonly T[], most: number): T[] {
  const count = Math.min(most, values.length);
  return Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)]);
}

/** The points that are drawn, and what is said of the others; "" where all are. */
export interface ThinnedPoints<T> {
  readonly points: readonly T[];
  readonly note: string;
}

/** The worst third of the room is for the worst, since they are looked for; the others are evenly chosen by Dice. */
export function worstAndSome<T extends { readonly dice: number }>(
  points: readonly T[],
  most: number,
): ThinnedPoints<T> {
  if (points.length <= most) return { points, note: "" };
  const sorted = [...points].sort((a, b) => a.dice - b.dice);
  const worst = Math.floor(most / 3);
  const shown = [...sorted.slice(0, worst), ...everyOther(sorted.slice(worst), most - worst)];
  return {
    points: shown,
    note: ` Of ${points.length} cases ${shown.length} are drawn: the ${worst} of the lowest Dice and some of the others, evenly chosen by Dice; ${points.length - shown.length} are left out.`,
  };
}
