/**
 * Checkpoint folders that are either whole or not there: written as `step-N.tmp/` with a manifest, made durable,
 * renamed to `step-N/`, and only then pruned. A process may be killed between any two lines of `save`.
 * What a checkpoint contains is the trainer's business; here it is named bytes.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { makeFolder, syncFolder, writeFailure, writeFileAtomic } from "../core/atomic-file.js";
import { CheckpointError, DimsegError, ResourceError, UsageError } from "../core/errors.js";
import { readFailureReason } from "../core/read-file.js";
import {
  formatManifest,
  isCheckpointFileName,
  type Manifest,
  type ManifestFile,
  manifestName,
  readManifest,
  readVerifiedFiles,
} from "./checkpoint-manifest.js";

/** What `save` is about to do; `replace` happens only when the step was saved before. */
export type SaveStage = "file" | "manifest" | "replace" | "publish" | "sync" | "latest" | "prune";

/** Settings of a {@link CheckpointStore}. */
export interface CheckpointStoreOptions {
  /** How many of the newest checkpoints stay; named ones stay beside them. At least 1. */
  keep: number;
  /** Told when a damaged checkpoint was passed over or an old one could not be removed. */
  warn: (message: string) => void;
  /** Called before each stage of `save`, so that tests can fail or kill the process there. */
  hooks?: { before(stage: SaveStage): void };
}

/** A checkpoint whose every byte was verified. */
export interface Checkpoint {
  step: number;
  /** The folder it was read from. */
  folder: string;
  names: string[];
  files: Map<string, Uint8Array>;
}

const folderPattern = /^step-(0|[1-9][0-9]*)$/;
const leftoverPattern = /^step-[0-9]+\.tmp$|^\.latest\..*\.tmp$/;
const displacedPattern = /^step-[0-9]+\.old$/;

/** The checkpoints of one run. Reading never writes; call {@link recover} before the first save. */
export class CheckpointStore {
  /** @param folder the run's checkpoints folder; made by the first save */
  constructor(
    readonly folder: string,
    private readonly options: CheckpointStoreOptions,
  ) {
    if (!Number.isInteger(options.keep) || options.keep < 1) {
      throw new UsageError(`CheckpointStore: keep is ${options.keep}; expected an integer of at least 1`);
    }
  }

  /** Steps of which a checkpoint folder exists, newest first, verified or not. */
  steps(): number[] {
    return this.entries()
      .flatMap((name) => folderPattern.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => b - a);
  }

  /**
   * Clears what a killed process left: removes unfinished folders and puts back a checkpoint that was being replaced.
   * Call it while holding the run's lock.
   * @throws ResourceError when the folder cannot be changed
   */
  recover(): void {
    for (const name of this.entries()) {
      const path = join(this.folder, name);
      try {
        if (leftoverPattern.test(name)) rmSync(path, { recursive: true, force: true });
        if (!displacedPattern.test(name)) continue;
        const target = path.slice(0, -".old".length);
        if (existsSync(target)) rmSync(path, { recursive: true, force: true });
        else renameSync(path, target);
      } catch (cause) {
        throw writeFailure(path, cause);
      }
    }
  }

  /**
   * Saves a checkpoint and removes those no longer kept. When it returns the checkpoint survives a power cut.
   * @param step  optimiser steps done
   * @param files contents by file name
   * @param names what this checkpoint is from now on, for example ["best"]
   * @throws ResourceError when it cannot be written; the earlier checkpoints are then as before
   * @throws UsageError for a step or file name that cannot be stored
   */
  save(step: number, files: ReadonlyMap<string, string | Iterable<Uint8Array>>, names: string[] = []): void {
    if (!Number.isSafeInteger(step) || step < 0) throw new UsageError(`CheckpointStore.save: step is ${step}`);
    for (const name of files.keys()) {
      if (!isCheckpointFileName(name)) throw new UsageError(`CheckpointStore.save: "${name}" is no plain file name`);
    }
    const path = this.path(step);
    try {
      this.write(`${path}.tmp`, step, files, names);
      this.publish(path);
    } catch (cause) {
      throw this.abandon(path, cause);
    }
    this.prune(step);
  }

  /**
   * The newest checkpoint that verifies; damaged ones are passed over with a warning that names the broken file.
   * @throws CheckpointError when there is none
   */
  load(): Checkpoint {
    return this.newest("checkpoint", () => true);
  }

  /**
   * The newest checkpoint saved under `name` that verifies.
   * @throws CheckpointError when there is none
   */
  loadNamed(name: string): Checkpoint {
    return this.newest(`checkpoint named "${name}"`, (manifest) => manifest.names.includes(name));
  }

  /** Step of the newest checkpoint of this name, intact or not; undefined when there is none. */
  stepNamed(name: string): number | undefined {
    return this.steps().find((step) => this.namesOf(step).includes(name));
  }

  private path(step: number): string {
    return join(this.folder, `step-${step}`);
  }

  private entries(): string[] {
    try {
      return readdirSync(this.folder);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw new CheckpointError(`cannot read ${this.folder}: ${readFailureReason(cause)}`, { cause });
    }
  }

  private before(stage: SaveStage): void {
    this.options.hooks?.before(stage);
  }

  /** Writes the unfinished folder; `writeFileAtomic` makes each file and its entry durable. */
  private write(
    path: string,
    step: number,
    files: ReadonlyMap<string, string | Iterable<Uint8Array>>,
    names: string[],
  ): void {
    rmSync(path, { recursive: true, force: true });
    makeFolder(path);
    const written: ManifestFile[] = [];
    for (const [name, contents] of files) {
      this.before("file");
      written.push(writeHashed(join(path, name), name, contents));
    }
    this.before("manifest");
    writeFileAtomic(join(path, manifestName), formatManifest({ step, names, files: written }));
  }

  private publish(path: string): void {
    if (existsSync(path)) {
      this.before("replace");
      rmSync(`${path}.old`, { recursive: true, force: true });
      renameSync(path, `${path}.old`);
    }
    this.before("publish");
    renameSync(`${path}.tmp`, path);
    this.before("sync");
    syncFolder(this.folder);
    this.before("latest");
    writeFileAtomic(join(this.folder, "latest"), `${basename(path)}\n`);
  }

  /** Tidies up after a failed save, as far as the disk allows, and says what still stands. */
  private abandon(path: string, cause: unknown): ResourceError {
    const { message } = cause instanceof DimsegError ? cause : writeFailure(path, cause);
    return new ResourceError(`${message}; ${this.standing()}`, { cause });
  }

  private standing(): string {
    try {
      this.recover();
      const newest = this.steps()[0];
      return newest === undefined ? "no checkpoint exists yet" : `the checkpoint of step ${newest} is intact`;
    } catch {
      // What made the save fail prevents this as well; the next start tidies up.
      return "earlier checkpoints were not touched";
    }
  }

  private kept(step: number): Set<number> {
    const all = this.steps();
    // Folders beyond `step` were passed over as damaged; they must not push out good ones.
    const beyond = all.filter((other) => other > step);
    const kept = new Set([...beyond, ...all.slice(beyond.length, beyond.length + this.options.keep)]);
    const named = new Set<string>();
    for (const other of all) {
      for (const name of this.namesOf(other)) {
        if (!named.has(name)) kept.add(other);
        named.add(name);
      }
    }
    return kept;
  }

  private prune(step: number): void {
    try {
      this.before("prune");
      rmSync(`${this.path(step)}.old`, { recursive: true, force: true });
      const kept = this.kept(step);
      for (const other of this.steps()) if (!kept.has(other)) this.remove(this.path(other));
    } catch (cause) {
      this.options.warn(`old checkpoints in ${this.folder} were not removed: ${(cause as Error).message}`);
    }
  }

  /** Renamed first, so that a kill never leaves half a checkpoint under its final name. */
  private remove(path: string): void {
    renameSync(path, `${path}.tmp`);
    rmSync(`${path}.tmp`, { recursive: true, force: true });
  }

  private namesOf(step: number): string[] {
    try {
      return readManifest(this.path(step), step).names;
    } catch {
      return [];
    }
  }

  private newest(what: string, accept: (manifest: Manifest) => boolean): Checkpoint {
    const problems: string[] = [];
    for (const step of this.steps()) {
      const folder = this.path(step);
      try {
        const manifest = readManifest(folder, step);
        if (!accept(manifest)) continue;
        const files = readVerifiedFiles(folder, manifest);
        if (problems.length > 0) this.options.warn(`${problems.join("; ")}; using the checkpoint of step ${step}`);
        return { step, folder, names: manifest.names, files };
      } catch (cause) {
        if (!(cause instanceof CheckpointError)) throw cause;
        problems.push(cause.message);
      }
    }
    if (problems.length === 0) throw new CheckpointError(`no ${what} in ${this.folder}; train the run first`);
    throw new CheckpointError(
      `no usable ${what} in ${this.folder}: ${problems.join("; ")}; restore the folder from a copy or train again`,
    );
  }
}

/** Writes one file of a checkpoint and describes what was written. */
function writeHashed(path: string, name: string, contents: string | Iterable<Uint8Array>): ManifestFile {
  const hash = createHash("sha256");
  let bytes = 0;
  function* hashed() {
    for (const chunk of typeof contents === "string" ? [Buffer.from(contents)] : contents) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  writeFileAtomic(path, hashed());
  return { name, bytes, sha256: hash.digest("hex") };
}
