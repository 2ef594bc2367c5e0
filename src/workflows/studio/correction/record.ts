/**
 * Who corrected which mask, when, and what it began from; one line of JSON each. What was there before and was not written
 * here is kept beside it.
 */
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { basename, join } from "node:path";
import { makeFolder, syncFolder, writeFailure } from "../../../core/files/atomic-file.js";
import { readBytes } from "../../../core/files/read-file.js";
import { packageVersion } from "../../../core/package-root.js";
import { sha256 } from "../../../core/sha256.js";
import { AppendFile } from "../../../runs/logs/append-file.js";
import type { DrawnFrom } from "./draft.js";

/** A line of the record. */
export interface CorrectionLine {
  readonly case: string;
  /** From the data set's folder. */
  readonly file: string;
  /** Of the file as it was written. */
  readonly sha256: string;
  /** When, as ISO 8601. */
  readonly at: string;
}

/** The name that this machine knows the person by; containers may have none. */
export function personName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? "unknown";
  }
}

export class CorrectionRecord {
  private readonly path: string;

  /** @param folder of a data set's corrections */
  constructor(private readonly folder: string) {
    this.path = join(folder, "corrections.jsonl");
  }

  /** All lines, the oldest first; one that was cut off counts for nothing. */
  lines(): CorrectionLine[] {
    if (!existsSync(this.path)) return [];
    return readFileSync(this.path, "utf8")
      .split("\n")
      .flatMap((line) => {
        try {
          return [JSON.parse(line) as CorrectionLine];
        } catch {
          return [];
        }
      });
  }

  /**
   * Keeps a file that was not written here, or was changed since, before it is replaced.
   * @param file as the record names it
   * @returns where it is kept; null where nothing of somebody else's is lost
   * @throws ResourceError when it cannot be kept
   */
  keep(path: string, file: string): string | null {
    if (!existsSync(path)) return null;
    const bytes = readBytes(path);
    const hash = sha256(bytes);
    if (this.lines().some((line) => line.file === file && line.sha256 === hash)) return null;
    const kept = join(this.folder, "kept", `${hash.slice(0, 12)}-${basename(path)}`);
    if (existsSync(kept)) return kept;
    try {
      makeFolder(join(this.folder, "kept"));
      copyFileSync(path, kept);
      syncFolder(join(this.folder, "kept"));
    } catch (cause) {
      throw writeFailure(kept, cause);
    }
    return kept;
  }

  /** Adds what is about to be written. @throws ResourceError when it cannot be kept */
  add(drawn: DrawnFrom, files: readonly { file: string; sha256: string; kept: string | null }[]): void {
    makeFolder(this.folder);
    const log = new AppendFile(this.path);
    const { case: name, ...origin } = drawn;
    const who = { by: personName(), at: new Date().toISOString(), dimseg: packageVersion() };
    try {
      // A line that a killed process left half written ends here.
      const torn = log.offset > 0 && log.read(log.offset - 1, log.offset)[0] !== 0x0a;
      const lines = files.map((file) => JSON.stringify({ case: name, ...file, ...who, ...origin }));
      log.append(Buffer.from(`${torn ? "\n" : ""}${lines.join("\n")}\n`));
      log.sync();
    } finally {
      log.close();
    }
  }
}
