/**
 * How long a run computed. Nothing but TensorBoard's events says when each step was logged, so the time is read from
 * there; a resumed run's pause shows as one long gap and is left out.
 */
import { existsSync, readFileSync } from "node:fs";

const headerBytes = 12;
const footerBytes = 4;

/** Tag byte of `Event.wall_time`, a double: field 1, wire type 1. */
const wallTimeTag = 0x09;

/** A gap this many times as long as the usual one, and longer than a minute, is a pause. */
const pauseFactor = 50;
const pauseSeconds = 60;
const sameStepSeconds = 0.005;

/** Seconds since 1970 of each whole event of a TensorBoard file. */
function wallTimes(bytes: Buffer): number[] {
  const times: number[] = [];
  for (let at = 0; at + headerBytes + footerBytes <= bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const next = at + headerBytes + length + footerBytes;
    if (next > bytes.length) break;
    const body = at + headerBytes;
    if (length >= 9 && bytes[body] === wallTimeTag) times.push(bytes.readDoubleLE(body + 1));
    at = next;
  }
  return times;
}

/** Seconds between the first and the last time without pauses; null for fewer than two. */
export function activeSeconds(times: readonly number[]): number | null {
  if (times.length < 2) return null;
  const gaps = times.slice(1).map((time, i) => Math.max(0, time - times[i]));
  // The events of one step are written microseconds apart; the others are the gaps between logged steps.
  const betweenSteps = gaps.filter((gap) => gap > sameStepSeconds).sort((a, b) => a - b);
  const usual = betweenSteps[Math.floor(betweenSteps.length / 2)] ?? 0;
  const pause = Math.max(pauseSeconds, pauseFactor * usual);
  return gaps.reduce((sum, gap) => (gap > pause ? sum : sum + gap), 0);
}

/** The computing time of a run by its event file; null where there is none. */
export function loggedSeconds(events: string): number | null {
  return existsSync(events) ? activeSeconds(wallTimes(readFileSync(events))) : null;
}
