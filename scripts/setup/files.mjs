/**
 * Files and folders as set-up needs them: content hashes that decide whether work is due, whole-file writes,
 * folders that appear complete or not at all, and free disk space.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join, relative } from "node:path";
import { formatBytes, SetupError } from "./report.mjs";

const temporaryPrefix = ".unfinished-";
const abandonedAfterMs = 24 * 3600 * 1000;

/** SHA-256 of the parts in order, the first 20 hex digits; lengths are hashed too, so parts cannot run together. */
export function hashOf(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = Buffer.from(part);
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex").slice(0, 20);
}

/** SHA-256 over the contents of files and their names within a folder, wherever that lies. */
export function hashFiles(paths, folder) {
  return hashOf(...paths.flatMap((path) => [relative(folder, path), readFileSync(path)]));
}

/** All files under a folder whose name ends in one of the suffixes, sorted; empty when there is no such folder. */
export function listFiles(folder, suffixes) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && suffixes.some((suffix) => entry.name.endsWith(suffix)))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** What changes when a file is replaced, without reading it: real size and modification time; "" when missing. */
export function fingerprint(path) {
  const status = statSync(path, { throwIfNoEntry: false });
  return status === undefined ? "" : `${status.size}-${status.mtimeMs}`;
}

/** Reads a JSON file; undefined when it is missing or broken. */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** Makes a folder. @throws the system's error, with its path, when nothing can be written there */
export function requireWritable(folder) {
  mkdirSync(folder, { recursive: true });
  accessSync(folder, constants.W_OK);
}

/** Replaces a file in one step. */
export function writeWhole(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

/** Replaces a JSON file in one step. */
export function writeJson(path, value) {
  writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Fills a folder through `fill(temporaryFolder)` and gives it its name only when that succeeded. A second
 * process may finish first; its folder is then kept. Leftovers of killed runs are removed on the way.
 */
export async function makeFolderWhole(folder, fill) {
  const parent = dirname(folder);
  mkdirSync(parent, { recursive: true });
  removeAbandoned(parent);
  const owner = `${temporaryPrefix}${hostname()}-${process.pid}`;
  const temporary = join(parent, `${owner}-${randomBytes(4).toString("hex")}`);
  const forget = () => rmSync(temporary, { recursive: true, force: true });
  process.once("exit", forget);
  try {
    mkdirSync(temporary);
    await fill(temporary);
    rename(temporary, folder);
  } finally {
    process.removeListener("exit", forget);
    forget();
  }
}

function rename(temporary, folder) {
  try {
    renameSync(temporary, folder);
  } catch (cause) {
    if (!existsSync(folder)) throw cause;
  }
}

/** Removes unfinished folders whose process on this machine has ended, and any that are older than a day. */
function removeAbandoned(parent) {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(temporaryPrefix)) continue;
    const path = join(parent, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    const [pid] = name.split("-").slice(-2);
    const ours = name.startsWith(`${temporaryPrefix}${hostname()}-`);
    if ((ours && !isRunning(Number(pid))) || age > abandonedAfterMs) rmSync(path, { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause.code === "EPERM";
  }
}

/** Bytes below a folder; files that vanish while it counts are left out. */
export function folderSize(folder) {
  let bytes = 0;
  try {
    for (const path of listFiles(folder, [""])) bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    // A folder was moved away while it was read: the next look counts it.
  }
  return bytes;
}

/**
 * Makes sure that a file system has room.
 * @throws SetupError when fewer than `bytes` are free
 */
export function requireSpace(folder, bytes, purpose) {
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new SetupError(
    `${purpose} needs ${formatBytes(bytes)} in ${folder} but ${formatBytes(free)} are free; free some space, or set DIMSEG_CACHE to a folder on a larger disk.`,
  );
}
