/** Where uploads lie while they are answered: a folder that nobody else may read, and of which nothing stays. */
import { rmSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFailure } from "../../core/files/atomic-file.js";
import { isAlive, isLocal, parseOwner, thisProcess } from "../../core/process-owner.js";

/** What the folders of all servers begin with. */
const start = "dimseg-serve-";
/** File in each that says whose it is. */
const ownerName = "owner.json";

/** Whether a server that was killed has left the folder: one of this machine and user that does not live any more. */
async function isLeftBehind(folder: string): Promise<boolean> {
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) return false;
  const owner = parseOwner(await readFile(join(folder, ownerName), "utf8"));
  return owner !== undefined && isLocal(owner) && !isAlive(owner);
}

/** Removes what servers that were killed have left. What cannot be looked at stays: it is somebody else's, or just begun. */
async function removeLeftBehind(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(start))) {
    const folder = join(tmpdir(), name);
    try {
      if (await isLeftBehind(folder)) await rm(folder, { recursive: true, force: true });
    } catch {
      // The server starts without it.
    }
  }
}

/** A server's folder of uploads. */
export class Uploads {
  private count = 0;

  /** A server that is ended at once leaves nothing either; what one that is killed leaves, the next one removes. */
  private readonly atExit = () => rmSync(this.folder, { recursive: true, force: true });

  private constructor(private readonly folder: string) {
    process.once("exit", this.atExit);
  }

  /** @throws ResourceError when there is no place for temporary files */
  static async open(): Promise<Uploads> {
    await removeLeftBehind();
    const place = join(tmpdir(), start);
    try {
      // The system makes it readable to its owner alone.
      const uploads = new Uploads(await mkdtemp(place));
      await writeFile(join(uploads.folder, ownerName), JSON.stringify(thisProcess()));
      return uploads;
    } catch (cause) {
      throw writeFailure(place, cause);
    }
  }

  /** Does work in a new folder, which is then removed. @throws ResourceError when it cannot be made; and as the work */
  async within<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = join(this.folder, String(++this.count));
    try {
      await mkdir(folder);
    } catch (cause) {
      throw writeFailure(folder, cause);
    }
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  close(): Promise<void> {
    process.off("exit", this.atExit);
    return rm(this.folder, { recursive: true, force: true });
  }
}
