/** Where uploads lie while they are answered: a folder that nobody else may read, and of which nothing stays. */
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFailure } from "../../core/atomic-file.js";

/** A server's folder of uploads. */
export class Uploads {
  private count = 0;

  /** A server that is ended at once leaves nothing either; one that is killed does. */
  private readonly atExit = () => rmSync(this.folder, { recursive: true, force: true });

  private constructor(private readonly folder: string) {
    process.once("exit", this.atExit);
  }

  /** @throws ResourceError when there is no place for temporary files */
  static async open(): Promise<Uploads> {
    const start = join(tmpdir(), "dimseg-serve-");
    try {
      // The system makes it readable to its owner alone.
      return new Uploads(await mkdtemp(start));
    } catch (cause) {
      throw writeFailure(start, cause);
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
