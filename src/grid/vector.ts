/** Arithmetic of places and directions in the patient. */

/** A place or a direction in the patient: along left, posterior and superior. */
export type Vector = readonly [number, number, number];

/** Three numbers, whoever keeps them. */
type Three = readonly number[];

export const dot = (a: Three, b: Three): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const minus = (a: Three, b: Three): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const plus = (a: Three, b: Three): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const times = (a: Three, factor: number): Vector => [a[0] * factor, a[1] * factor, a[2] * factor];
export const cross = (a: Three, b: Three): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
