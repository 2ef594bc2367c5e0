/** Run-length codes of bytes: for each run its value and, in as many bytes as it takes, its length (LEB128). */
import { DataError } from "../core/errors.js";

/** Calls back with each run of equal bytes in turn. */
function eachRun(values: Uint8Array, take: (value: number, length: number) => void): void {
  for (let first = 0; first < values.length; ) {
    const value = values[first];
    let end = first + 1;
    while (end < values.length && values[end] === value) end++;
    take(value, end - first);
    first = end;
  }
}

/** How many bytes the length of a run takes, seven bits in each. */
function lengthBytes(length: number): number {
  let bytes = 1;
  for (let rest = length; rest > 127; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/**
 * Bytes as runs, behind a head that stays free.
 * @param head bytes to leave free at the beginning
 */
export function encodeRuns(values: Uint8Array, head = 0): Uint8Array {
  let size = head;
  eachRun(values, (_, length) => {
    size += 1 + lengthBytes(length);
  });
  const code = new Uint8Array(size);
  let at = head;
  eachRun(values, (value, length) => {
    code[at++] = value;
    let rest = length;
    for (; rest > 127; rest = Math.floor(rest / 128)) code[at++] = 128 | (rest % 128);
    code[at++] = rest;
  });
  return code;
}

/**
 * The bytes that runs stand for.
 * @param count how many they must be
 * @throws DataError where the code is cut off, holds too many or too few bytes, or an empty run
 */
export function decodeRuns(code: Uint8Array, count: number): Uint8Array {
  const wrong = () => new DataError(`a mask of ${count} pixels is not what its code of ${code.length} bytes holds`);
  const values = new Uint8Array(count);
  let filled = 0;
  for (let at = 0; at < code.length; ) {
    const value = code[at++];
    let length = 0;
    let unit = 1;
    let byte: number;
    do {
      if (at >= code.length || length > count) throw wrong();
      byte = code[at++];
      length += (byte & 127) * unit;
      unit *= 128;
    } while (byte > 127);
    if (length === 0 || length > count - filled) throw wrong();
    values.fill(value, filled, filled + length);
    filled += length;
  }
  if (filled < count) throw wrong();
  return values;
}
