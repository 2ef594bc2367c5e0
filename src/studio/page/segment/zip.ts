/** Files as one ZIP archive that packs nothing (APPNOTE 6.3, sections 4.3.7 to 4.3.16), to be sent as one image. */
import { DataError } from "../../../core/errors.js";
import { checksum } from "./checksum.js";

const localMark = 0x04034b50;
const centralMark = 0x02014b50;
const endMark = 0x06054b50;
/** Names are UTF-8. */
const utf8 = 1 << 11;
/** 1 January 1980, the first day there is: when files were changed is nobody's concern. */
const firstDay = 33;
const mostFiles = 10_000;

/** Numbers of two and four bytes, little-endian. */
function fields(...values: readonly (readonly [bytes: 2 | 4, value: number])[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(values.reduce((sum, [bytes]) => sum + bytes, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [bytes, value] of values) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return out;
}

/** What an entry and its line in the directory share, from the flags to the length of the name. */
function entryFields(sum: number, size: number, name: Uint8Array) {
  return [
    [2, utf8],
    [2, 0],
    [2, 0],
    [2, firstDay],
    [4, sum],
    [4, size],
    [4, size],
    [2, name.length],
    [2, 0],
  ] as const;
}

/** The archive; files of folders lie in them. @throws DataError for more files than a volume has */
export async function zipOf(files: readonly File[]): Promise<Blob> {
  if (files.length > mostFiles)
    throw new DataError(`${files.length} files are more than one image has; give those of one image`);
  const entries: BlobPart[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const file of files) {
    const name = new TextEncoder().encode(file.webkitRelativePath || file.name);
    const shared = entryFields(checksum(new Uint8Array(await file.arrayBuffer())), file.size, name);
    const local = fields([4, localMark], [2, 20], ...shared);
    entries.push(local, name, file);
    directory.push(
      fields([4, centralMark], [2, 20], [2, 20], ...shared, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]),
      name,
    );
    at += local.length + name.length + file.size;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const count = files.length;
  const end = fields([4, endMark], [2, 0], [2, 0], [2, count], [2, count], [4, length], [4, at], [2, 0]);
  return new Blob([...entries, ...directory, end]);
}
