/** Class numbers, and values beside them by which writers of label maps say that nobody labelled. */
import type { ValueCoding } from "./coding.js";

/** Larger values are grey levels, not class numbers. */
const largestNumber = 63;
/** Numbers below may leave out any of them. */
const fewNumbers = 8;
/** So many irregular values are numbers even if most others are left out. */
const enoughNumbers = 4;

/** What writers of label maps store for -1. */
const ignoreValues = [255, 65535];

/** Whether values lie in equal steps of more than one, as grey levels do. */
function inSteps(values: readonly number[]): boolean {
  const step = values[1] - values[0];
  return step > 1 && values.slice(1).every((value, i) => value - values[i] === step);
}

/** Whether these, ascending, leave out fewer numbers than they hold. */
export function areDense(values: readonly number[]): boolean {
  return values[values.length - 1] < 2 * values.length;
}

/** Whether these, ascending, are class numbers rather than grey levels. */
export function areNumbers(values: readonly number[]): boolean {
  const most = values[values.length - 1];
  if (most < fewNumbers) return true;
  return most <= largestNumber && !inSteps(values) && (values.length >= enoughNumbers || areDense(values));
}

/** The values of ascending ones that stand beside a value which may say that nobody labelled. */
export function splitIgnored(values: readonly number[]): { numbers: readonly number[]; ignored?: number } {
  const ignored = values.find((value) => ignoreValues.includes(value));
  const numbers = values.filter((value) => value !== ignored);
  const small = numbers[numbers.length - 1] <= largestNumber;
  return ignored !== undefined && numbers.length > 1 && numbers[0] === 0 && small
    ? { numbers, ignored }
    : { numbers: values };
}

/** The first of these values is the background, the next class 1, and so on. */
export function inOrder(values: readonly number[], ignore: readonly number[] = []): ValueCoding {
  return { kind: "values", map: new Map(values.map((value, i) => [value, i])), ignore };
}

/** Class numbers as stored. */
export function byNumber(numbers: readonly number[], ignore: readonly number[] = []): ValueCoding {
  return { kind: "values", map: new Map(numbers.map((number) => [number, number])), ignore };
}
