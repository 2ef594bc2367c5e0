/**
 * The folder of the disk cache: where entries lie, and how many there may be. Where a new one finds no room, those that were
 * read longest ago go, but none that this process used: a set that is larger than the room keeps what is there, as a
 * cache that always took the newest would have thrown away each case before it is drawn again.
 */
import { readdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Dataset } from "../dataset.js";

/** The disk cache of a data set: `DIMSEG_CACHE` if it is set, else `.cache/dimseg` beside the `dataset.yaml`. */
export function cacheFolder(dataset: Pick<Dataset, "path">): string {
  const chosen = process.env.DIMSEG_CACHE;
  return chosen ? resolve(chosen) : join(dirname(dataset.path), ".cache", "dimseg");
}

/** What a run that was killed while it wrote an entry leaves is removed after a day. */
const unfinishedMs = 86_400_000;
const entryName = /^([0-9a-f]{64})\.safetensors$/;
const unfinishedName = /^\.[0-9a-f]{64}\.safetensors\..*\.tmp$/;
/** Of the bound, what is left once entries had to go, so that not every new one looks for more. */
const leftShare = 0.9;

interface Found {
  readonly path: string;
  readonly key: string;
  readonly bytes: number;
  /** When it was read last, as far as the file system tells: most often to the day. */
  readonly readMs: number;
}

/** A key as a number, which takes a tenth of its memory; two of a million are the same once in ten thousand sets. */
function short(key: string): number {
  return Number.parseInt(key.slice(0, 13), 16);
}

export class EntryFolder {
  private bytes: number | undefined;
  private mostBytes: number | undefined;
  private isFull = false;
  private readonly used = new Set<number>();
  private making: Promise<void> | undefined;

  /** @param mostBytes half of what is free on the disk, and of what entries take already, unless given */
  constructor(
    readonly path: string,
    mostBytes?: number,
  ) {
    this.mostBytes = mostBytes;
  }

  /** Keeps an entry from making room for others as long as this process runs. @param written its bytes, when it is new */
  use(key: string, written = 0): void {
    this.used.add(short(key));
    if (this.bytes !== undefined) this.bytes += written;
  }

  /** Whether a further entry may be written, after room was made for it where that can be. */
  async hasRoom(): Promise<boolean> {
    if (this.isFull) return false;
    if (this.bytes === undefined || this.mostBytes === undefined || this.bytes >= this.mostBytes) {
      this.making ??= this.makeRoom().finally(() => {
        this.making = undefined;
      });
      await this.making;
    }
    return !this.isFull;
  }

  private async makeRoom(): Promise<void> {
    const entries = await this.entries();
    this.bytes = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    this.mostBytes ??= (this.freeBytes() + this.bytes) / 2;
    if (this.bytes < this.mostBytes) return;
    const others = entries.filter(({ key }) => !this.used.has(short(key))).sort((a, b) => a.readMs - b.readMs);
    for (const { path, bytes } of others) {
      if (this.bytes <= leftShare * this.mostBytes) break;
      removeQuietly(path);
      this.bytes -= bytes;
    }
    this.isFull = this.bytes >= this.mostBytes;
  }

  /** All entries; what others left unfinished long ago is removed on the way. */
  private async entries(): Promise<Found[]> {
    const found: Found[] = [];
    for (const folder of namesIn(this.path).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
      for (const name of namesIn(join(this.path, folder))) {
        const path = join(this.path, folder, name);
        const facts = statSync(path, { throwIfNoEntry: false });
        if (!facts?.isFile()) continue;
        const key = entryName.exec(name)?.[1];
        if (key) found.push({ path, key, bytes: facts.size, readMs: Math.max(facts.atimeMs, facts.mtimeMs) });
        else if (unfinishedName.test(name) && Date.now() - facts.mtimeMs > unfinishedMs) removeQuietly(path);
      }
      await nextTurn();
    }
    return found;
  }

  private freeBytes(): number {
    for (let folder = this.path; ; folder = dirname(folder)) {
      try {
        const { bavail, bsize } = statfsSync(folder);
        return bavail * bsize;
      } catch {
        // Not made yet; the root is always there.
        if (dirname(folder) === folder) return 0;
      }
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Another process may have been quicker, and what cannot be removed is found again. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Nothing depends on it.
  }
}
