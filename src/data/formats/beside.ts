/** Headers whose values lie in a file of their own: it has to lie beside the header, wherever a header says it is. */
import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DataError } from "../../core/errors.js";
import { readStart, withFile } from "../file-bytes.js";
import { maxVolumeBytes } from "./format.js";

/**
 * The path of a file beside another one.
 * @param file  the header's path
 * @param names what the data file may be called; the first that is there is taken
 * @throws DataError when none is there, or a name or a link leads out of the header's folder
 */
export async function besidePath(file: string, names: readonly string[]): Promise<string> {
  const outside = names.find((name) => basename(name) !== name || name.includes("\\") || /^\.{0,2}$/.test(name));
  if (outside !== undefined)
    throw new DataError(`${file}: names ${outside} as its data file; put that beside it, and name it without folders`);
  const folder = dirname(file);
  const path = names.map((name) => join(folder, name)).find((one) => existsSync(one));
  if (path === undefined)
    throw new DataError(`${file}: its data file ${names.join(" or ")} is not beside it; put it there`);
  if (dirname(await realpath(path)) !== (await realpath(folder)))
    throw new DataError(`${path}: is a link out of its folder, which no data file may be; put the file beside ${file}`);
  return path;
}

/** The bytes of a file at {@link besidePath}. @throws DataError when it is no regular file, or larger than 2 GiB */
export async function readBeside(file: string, names: readonly string[]): Promise<Buffer> {
  const path = await besidePath(file, names);
  return withFile(path, (handle, size) => {
    if (size > maxVolumeBytes) throw tooLarge(path);
    return readStart(handle, size);
  });
}

/** A volume's file that is not even read. */
export function tooLarge(file: string): DataError {
  return new DataError(`${file}: is larger than ${maxVolumeBytes / 2 ** 20} MiB; cut it, or save it with fewer bytes`);
}
