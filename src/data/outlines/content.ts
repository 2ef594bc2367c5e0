/** The content of a JSON file that may hold outlines. */
import { DataError } from "../../core/errors.js";
import { readBytes } from "../../core/files/read-file.js";

/** Text of larger files is more than a program of this kind can hold at once. */
const mostBytes = 2 ** 29;

/**
 * @returns undefined where it is no JSON
 * @throws DataError when it cannot be read or is larger than 512 MiB
 */
export function contentOf(file: string): unknown {
  const bytes = readBytes(file);
  if (bytes.length > mostBytes) throw new DataError(`${file}: is larger than 512 MiB; divide it`);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
