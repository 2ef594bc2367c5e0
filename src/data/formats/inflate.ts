/**
 * Packed data of volumes, unpacked into memory of the size that the file's header says: a file that holds less is cut
 * off, and one that holds far more is given up on when that shows, so that none takes more than its header said.
 */
import { constants, createGunzip, createInflate, gunzipSync } from "node:zlib";
import { DataError } from "../../core/errors.js";

/** As zlib and gzip name what both of them pack with. */
export type Packing = "gzip" | "zlib";

/** Bytes that a packed byte can become at most. */
const mostRatio = 1032;
/** What follows the values is passed over, as it is in files that are not packed; a file made of it is not. */
const mostSurplus = 2 ** 20;
/** What stands before the values is notes. */
const mostSkipped = 2 ** 26;
/** Checksum and length at the end of gzip data. */
const checksumBytes = 8;
const chunkSize = 2 ** 20;

/** Whether bytes begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

/**
 * What the first bytes of a gzip file hold, as far as they go. Its checksum at the end is for those who read it all.
 * @param count how many of the packed bytes are looked at
 * @returns undefined where they are damaged
 */
export function inflateStart(packed: Uint8Array, count: number): Buffer | undefined {
  const start = packed.subarray(0, Math.max(0, Math.min(count, packed.length - checksumBytes)));
  try {
    return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}

/** Where values begin in data, packed or not. */
export interface ValuesPlace {
  /** Bytes before the first value, counted where nothing is packed any more; −1: the values are the last of unpacked data. */
  readonly skip: number;
  /** How many bytes the values are. */
  readonly bytes: number;
  /** Missing where the data is not packed. */
  readonly packing?: Packing | undefined;
}

/**
 * The bytes of the values that data holds.
 * @param file for messages
 * @returns a view where nothing is packed
 * @throws DataError when the data ends before they do, is damaged, or holds far more
 */
export async function valuesIn(
  data: Uint8Array,
  { skip, bytes, packing }: ValuesPlace,
  file: string,
): Promise<Uint8Array> {
  if (skip === -1 && !packing)
    return valuesIn(data.subarray(Math.max(0, data.length - bytes)), { skip: 0, bytes }, file);
  if (!Number.isInteger(skip) || skip < 0 || skip > mostSkipped)
    throw new DataError(`${file}: its values begin at byte ${skip}; mend its header`);
  const end = skip + bytes;
  if (packing) return (await inflate(data, end, packing, file)).subarray(skip);
  if (data.length < end) throw cutOff(file, data.length, end);
  return data.subarray(skip, end);
}

/**
 * The first bytes that packed data holds; all of it is read, so that its checksum is.
 * @param packed whole gzip members or a zlib stream
 * @param length how many bytes are wanted
 * @param file   for messages
 * @throws DataError when it is damaged, holds fewer bytes, or far more
 */
async function inflate(packed: Uint8Array, length: number, packing: Packing, file: string): Promise<Buffer> {
  if (length > mostRatio * packed.length) throw cutOff(file, packed.length, length);
  const bytes = Buffer.allocUnsafeSlow(length);
  const stream = packing === "gzip" ? createGunzip({ chunkSize }) : createInflate({ chunkSize });
  let done = 0;
  try {
    stream.end(packed);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunk.copy(bytes, done);
      done += chunk.length;
      if (done > length + mostSurplus)
        throw new DataError(`${file}: holds far more data than the ${length} bytes of its header; replace it`);
    }
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "Z_BUF_ERROR") throw cutOff(file, done, length, cause);
    throw new DataError(`${file}: its compressed data is damaged; replace it`, { cause });
  }
  if (done < length) throw cutOff(file, done, length);
  return bytes;
}

/** A file that ends before its values do. */
function cutOff(file: string, holds: number, wanted: number, cause?: unknown): DataError {
  return new DataError(`${file}: is cut off: it holds ${holds} of ${wanted} bytes; replace it`, { cause });
}
