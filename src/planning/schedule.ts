/** How many steps fit in a time, and how often to stop among them. */
import type { Rehearsal } from "../training/rehearsal.js";

/** A run's steps and stops, and what they will take. */
export interface Schedule {
  readonly iterations: number;
  /** Steps between stops. */
  readonly every: number;
  readonly stops: number;
  readonly seconds: number;
}

/** Stops are so many, fewer where they would take more than this share of the time. */
const wantedStops = 10;
const stopShare = 0.1;
/** The paper's number on fundus images; what is left of the time is better spent on another seed. */
export const mostIterations = 30_000;

/** Rounded down to three digits, for people. */
function rounded(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(count, 1))) - 2);
  return Math.floor(count / unit) * unit;
}

/**
 * Fills a time with steps.
 * @param seconds for steps and stops
 * @returns null where there is no time for a step and the stop at the end
 */
export function scheduleOf(seconds: number, { firstSeconds, stepSeconds, stopSeconds }: Rehearsal): Schedule | null {
  const time = seconds - Math.max(0, firstSeconds - stepSeconds);
  const affordable = Math.floor((stopShare * time) / Math.max(stopSeconds, 1e-9));
  const stops = Math.max(1, Math.min(wantedStops, affordable));
  const iterations = Math.min(mostIterations, rounded(Math.floor((time - stops * stopSeconds) / stepSeconds)));
  if (iterations < 1) return null;
  const every = Math.ceil(iterations / stops);
  const made = Math.ceil(iterations / every);
  const spent = iterations * stepSeconds + made * stopSeconds + Math.max(0, firstSeconds - stepSeconds);
  return { iterations, every, stops: made, seconds: spent };
}
