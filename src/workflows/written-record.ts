/**
 * What a verb wrote into a folder, so that it may replace its own files later and nothing else. The record is a list as
 * `sha256sum` writes it (and `sha256sum -c` reads it); a mask that was corrected by hand since has another hash and is
 * somebody's work by then.
 */
import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../core/errors.js";
import { makeFolder, writeFailure, writeFileAtomic, writeFilesAtomic } from "../core/files/atomic-file.js";
import { seenFrom } from "../core/files/seen-from.js";
import { sha256 } from "../core/sha256.js";

const line = /^([0-9a-f]{64}) {2}(.+)$/;

/** The record of one folder of results. */
export class WrittenRecord {
  private readonly path: string;
  /** Hashes that a file below the folder had when it was written, by its path there; several after a run that was killed. */
  private readonly hashes = new Map<string, Set<string>>();

  /**
   * @param folder of the results; it need not exist
   * @param name   of the record in it
   * @param what   writes there, for messages
   */
  constructor(
    private readonly folder: string,
    name: string,
    private readonly what: string,
  ) {
    this.path = join(folder, name);
    const text = existsSync(this.path) ? readFileSync(this.path, "utf8") : "";
    for (const each of text.split("\n")) {
      const [, hash, name] = line.exec(each) ?? [];
      if (hash !== undefined) this.add(name, hash);
    }
  }

  private add(name: string, hash: string): void {
    this.hashes.set(name, (this.hashes.get(name) ?? new Set()).add(hash));
  }

  private nameOf(file: string): string {
    return seenFrom(this.folder, file);
  }

  /** Whether a file is, byte for byte, what was written there before. */
  holds(file: string): boolean {
    const hashes = this.hashes.get(this.nameOf(file));
    return hashes !== undefined && existsSync(file) && hashes.has(sha256(readFileSync(file)));
  }

  /**
   * Refuses to replace files that were not written so, or that were changed since.
   * @throws UsageError naming the first of them and their number
   */
  refuseForeign(outputs: readonly string[]): void {
    const foreign = outputs.filter((path) => existsSync(path) && !this.holds(path));
    if (foreign.length === 0) return;
    const others = foreign.length > 1 ? ` (and ${foreign.length - 1} more)` : "";
    throw new UsageError(
      `${foreign[0]}${others} exists and is not as an earlier ${this.what} wrote it; choose another folder with --out`,
    );
  }

  /**
   * Writes a file in one step, after its hash stands in the record: a process killed in between leaves no file that the
   * next one would take for somebody else's.
   * @throws ResourceError when one of them cannot be written
   */
  write(file: string, chunks: readonly Uint8Array[]): void {
    this.writeTogether([[file, chunks]]);
  }

  /** Writes files that belong together, or none of them; else as {@link WrittenRecord.write}. */
  writeTogether(files: readonly (readonly [path: string, chunks: readonly Uint8Array[]])[]): void {
    const named = files.map(([path, chunks]) => [this.nameOf(path), sha256(...chunks)] as const);
    for (const [name, hash] of named) this.add(name, hash);
    try {
      makeFolder(this.folder);
      appendFileSync(this.path, named.map(([name, hash]) => `${hash}  ${name}\n`).join(""));
    } catch (cause) {
      throw writeFailure(this.path, cause);
    }
    writeFilesAtomic(files);
    for (const [name, hash] of named) this.hashes.set(name, new Set([hash]));
  }

  /** Removes a file that was written before and tells of something that is no more; nothing where there is none. */
  remove(file: string): void {
    try {
      rmSync(file, { force: true });
    } catch (cause) {
      throw writeFailure(file, cause);
    }
    this.hashes.delete(this.nameOf(file));
  }

  /** Writes the list anew with one line a file. @throws ResourceError when it cannot be written */
  tidy(): void {
    const lines = [...this.hashes].flatMap(([name, hashes]) => [...hashes].map((hash) => `${hash}  ${name}\n`));
    writeFileAtomic(this.path, lines.join(""));
  }
}

/** The record of a folder that `dimseg predict` writes. */
export function predictionsRecord(folder: string): WrittenRecord {
  return new WrittenRecord(folder, "dimseg-predictions.sha256", "prediction");
}
