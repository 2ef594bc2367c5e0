/** Files as memory, for arrays that need not be in memory all at once. */
import { native } from "./native.js";

/**
 * The bytes of an open file as memory of which the system holds what is looked at, as long as it has room. They stay when
 * the file is closed, replaced or removed; nobody may shorten it, which would end the process at the next look. Writing
 * into them changes nothing but these bytes.
 * @param file a descriptor, as `openSync` gives it
 * @returns undefined where the system cannot map it, as an empty file or a pipe; reading it then says why
 */
export function mapFile(file: number): ArrayBuffer | undefined {
  return native().mapFile(file);
}

/** Lets go of the memory that a mapping's bytes take now; they stay as they are, and are read again when looked at. */
export function dropPages(mapping: ArrayBuffer): void {
  native().dropPages(mapping);
}
