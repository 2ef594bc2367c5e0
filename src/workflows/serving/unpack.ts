/** A ZIP archive as a folder: what it holds is a stranger's, so names, number and size have limits. */
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { bytesText } from "../../core/bytes-text.js";
import { DataError } from "../../core/errors.js";

/** How large an archive may be once unpacked. */
export interface UnpackLimits {
  readonly files: number;
  readonly bytes: number;
}

/** Longest name of a file or folder in bytes that file systems take. */
const mostNameBytes = 255;

function checkName({ fileName }: Entry, archive: string): void {
  const parts = fileName.split("/");
  const isPlain = parts.every((part) => Buffer.byteLength(part) <= mostNameBytes && !part.includes("\0"));
  if (!isPlain || parts.length > 20)
    throw new DataError(`${archive}: holds a file whose name is too long or no name; rename it`);
}

async function* entriesOf(zip: ZipFile, archive: string): AsyncGenerator<Entry> {
  try {
    for await (const entry of zip.eachEntry()) yield entry;
  } catch (cause) {
    throw damaged(archive, cause);
  }
}

function damaged(archive: string, cause: unknown): DataError {
  return new DataError(`${archive}: is no ZIP archive that can be unpacked (${(cause as Error).message})`, { cause });
}

async function unpackEntry(zip: ZipFile, entry: Entry, path: string, archive: string): Promise<void> {
  if (entry.isEncrypted()) throw new DataError(`${archive}: is encrypted; pack it without a password`);
  try {
    await mkdir(dirname(path), { recursive: true });
    // A name that comes twice is refused: which of the two is meant cannot be told.
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path, { flags: "wx" }));
  } catch (cause) {
    throw damaged(archive, cause);
  }
}

/**
 * Unpacks an archive into a new folder. Links in it become plain files; sizes are those that come, not those that it
 * announces.
 * @throws DataError when it is damaged, encrypted, holds names that lead elsewhere, or is over the limits
 */
export async function unpackZip(archive: string, folder: string, limits: UnpackLimits): Promise<void> {
  await mkdir(folder);
  const zip = await openPromise(archive, { strictFileNames: true }).catch((cause) => {
    throw damaged(archive, cause);
  });
  try {
    if (zip.entryCount > limits.files)
      throw new DataError(
        `${archive}: holds ${zip.entryCount} files; send one image, of ${limits.files} files at most`,
      );
    let bytes = 0;
    for await (const entry of entriesOf(zip, archive)) {
      checkName(entry, archive);
      // The library ends an entry that is larger than it announces.
      bytes += entry.uncompressedSize;
      if (bytes > limits.bytes)
        throw new DataError(`${archive}: is larger than ${bytesText(limits.bytes)} once unpacked; send less`);
      if (!entry.fileName.endsWith("/")) await unpackEntry(zip, entry, join(folder, entry.fileName), archive);
    }
  } finally {
    zip.close();
  }
}
