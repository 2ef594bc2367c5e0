/** Class numbers, and values beside them by which writers of label maps say that nobody labelled. */
import type { ValueCoding } from "./coding.js";

/** Larger values are grey levels, not class numbers. */
const largestNumber = 63;
/** Numbers up to here may leave out any of them. */
const fewNumbers = 8;

/** What writers of label maps store for -1. */
const ignoreValues = [255, 65535];

/** Whether these, ascending, are class numbers rather than grey levels: small ones, of which few are left out. */
export function areNumbers(values: readonly number[]): boolean {
  const most = values[values.length - 1];
  return most < fewNumbers || (most <= largestNumber && most < 2 * values.length);
}

/** The class numbers among ascending values, and a value beside them that may say that nobody labelled. */
export function splitIgnored(values: readonly number[]): { numbers: readonly number[]; ignored?: number } {
  const ignored = values.find((value) => ignoreValues.includes(value));
  const numbers = values.filter((value) => value !== ignored);
  return ignored !== undefined && numbers.length > 1 && numbers[0] === 0 && areNumbers(numbers)
    ? { numbers, ignored }
    : { numbers: values };
}

/** The first of these values is the background, the next class 1, and so on. */
export function inOrder(values: readonly number[], ignore: readonly number[] = []): ValueCoding {
  return { kind: "values", map: new Map(values.map((value, i) => [value, i])), ignore };
}

/** Class numbers as stored: one that the sample happens to miss is still a class. */
export function byNumber(numbers: readonly number[], ignore: readonly number[] = []): ValueCoding {
  const most = Math.max(1, numbers[numbers.length - 1]);
  return inOrder(
    Array.from({ length: most + 1 }, (_, i) => i),
    ignore,
  );
}
