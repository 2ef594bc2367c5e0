/** How numbers are written, everywhere in a report. */

export { bytesText } from "../core/bytes-text.js";

/** Not a number at all, as tables show it. */
function special(value: number): string | undefined {
  if (Number.isNaN(value)) return "undefined";
  return Number.isFinite(value) ? undefined : "infinite";
}

/** A share of 1 in percent with one decimal, without the sign. */
export function percentText(value: number): string {
  return special(value) ?? (100 * value).toFixed(1);
}

/** Pixels or millimetres with one decimal. */
export function distanceText(value: number): string {
  return special(value) ?? value.toFixed(1);
}

/** A whole number in groups of three digits. */
export function countText(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, " ");
}

/** A duration: `48 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
