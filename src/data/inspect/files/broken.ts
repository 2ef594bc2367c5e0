/** Files that cannot be images whatever their names say: empty, of another kind, or cut off. All of them are looked at. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../../../core/errors.js";
import { startsWith } from "../../formats/format.js";
import { sniffFormat } from "../../formats/registry.js";
import { readImage } from "../../images/read-image.js";
import type { Progress } from "../progress.js";

const headBytes = 32;
const tailBytes = 16;

/** The ends of a file, and how long it is. */
interface Ends {
  readonly size: number;
  readonly head: Buffer;
  readonly tail: Buffer;
}

const scratch = { head: Buffer.alloc(headBytes), tail: Buffer.alloc(tailBytes) };

function endsOf(path: string): Ends {
  const handle = openSync(path, "r");
  try {
    const { size } = fstatSync(handle);
    const head = scratch.head.subarray(0, readSync(handle, scratch.head, 0, headBytes, 0));
    const from = Math.max(0, size - tailBytes);
    return { size, head, tail: scratch.tail.subarray(0, readSync(handle, scratch.tail, 0, tailBytes, from)) };
  } finally {
    closeSync(handle);
  }
}

/** Whether a file's first and last bytes leave a doubt that it is a whole image; decoding it tells. */
function isDoubtful({ size, head, tail }: Ends): boolean {
  if (startsWith(head, "\x89PNG")) return !startsWith(tail, "IEND", tail.length - 8);
  if (startsWith(head, "\xff\xd8\xff")) return !startsWith(tail, "\xff\xd9", tail.length - 2);
  if (startsWith(head, "RIFF")) return head.readUInt32LE(4) + 8 > size;
  if (startsWith(head, "BM")) return head.length < 6 || head.readUInt32LE(2) > size;
  if (startsWith(head, "II*\0")) return head.length < 8 || head.readUInt32LE(4) >= size;
  if (startsWith(head, "MM\0*")) return head.length < 8 || head.readUInt32BE(4) >= size;
  return sniffFormat(head) === undefined;
}

/** Why a file is no image; undefined where nothing is wrong with it. */
async function fault(path: string): Promise<string | undefined> {
  try {
    if (!isDoubtful(endsOf(path))) return undefined;
  } catch {
    // Reading it again names the reason.
  }
  try {
    await readImage(path);
    return undefined;
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    return cause.message;
  }
}

/**
 * Looks at the ends of all files.
 * @param paths relative to `root`
 * @returns a sentence for each that is no whole image, by its absolute path
 */
export async function findBroken(
  root: string,
  paths: readonly string[],
  progress: Progress,
): Promise<Map<string, string>> {
  const broken = new Map<string, string>();
  for (const [done, path] of paths.entries()) {
    const file = join(root, path);
    const reason = await fault(file);
    if (reason !== undefined) broken.set(file, reason);
    progress("looking at files", done + 1, paths.length);
  }
  return broken;
}
