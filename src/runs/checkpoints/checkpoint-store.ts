/**
 * Checkpoint folders that are either whole or not there: written as `step-N.tmp/` with a manifest, made durable,
 * renamed to `step-N/`, and only then pruned. A process may be killed between any two lines of `save`.
 * What a checkpoint contains is the trainer's business; here it is named bytes.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { CheckpointError, DimsegError, ResourceError, UsageError } from "../../core/errors.js";
import { makeFolder, syncFolder, writeFailure, writeFileAtomic } from "../../core/files/atomic-file.js";
import { readFailureReason } from "../../core/files/read-file.js";
import {
  formatManifest,
  isCheckpointFileName,
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
  /** Steps whose checkpoints stay for good; default: none. */
  spaced?: readonly number[];
  /** Told when a damaged checkpoint was passed over or an old one could not be removed. */
  warn: (message: string) => void;
  /** Called before each stage of `save`, so that tests can fail or kill the process there. */
  hooks?: { before(stage: SaveStage): void };
}

/** The checkpoint that was asked for is there, but cannot be used. */
export class DamagedCheckpoint extends CheckpointError {}

/** A checkpoint whose every byte was verified. */
export interface Checkpoint {
  step: number;
  /** The folder it was read from. */
  folder: string;
  names: string[];
  files: Map<string, Uint8Array>;
}

/** How often the folder is looked at while another process saves. */
const looks = 10;

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
   * Lets `latest` name the newest checkpoint, where a save ended between the two. Call it as {@link recover}.
   * @throws ResourceError when it cannot be written
   */
  nameNewest(): void {
    const [newest] = this.steps();
    if (newest === undefined) return;
    const path = join(this.folder, "latest");
    const content = `step-${newest}\n`;
    if (!existsSync(path) || readFileSync(path, "utf8") !== content) writeFileAtomic(path, content);
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
   * The newest checkpoint that verifies, to train on from: damaged ones are passed over with a warning that names the
   * broken file, for the steps after it are made again.
   * @throws CheckpointError when there is none; ResourceError when a newer one may be intact but must not be read
   */
  load(): Checkpoint {
    const problems: string[] = [];
    for (const step of this.steps()) {
      try {
        const found = this.read(step);
        if (problems.length > 0) this.options.warn(`${problems.join("; ")}; using the checkpoint of step ${step}`);
        return found;
      } catch (cause) {
        if (!(cause instanceof CheckpointError)) throw cause;
        if (isForbidden(cause)) throw new ResourceError(cause.message, { cause });
        problems.push(cause.message);
      }
    }
    if (problems.length === 0) throw this.noCheckpoint();
    throw new CheckpointError(
      `no usable checkpoint in ${this.folder}: ${problems.join("; ")}; restore the folder from a copy or train again`,
    );
  }

  /**
   * The newest checkpoint, to be judged or used. Unlike {@link load} it never gives an older one instead, whose masks
   * and numbers would be those of another network.
   * @throws CheckpointError when there is none; DamagedCheckpoint when it does not verify
   */
  openNewest(): Checkpoint {
    return this.steady(() => {
      const newest = this.steps()[0];
      if (newest === undefined) throw this.noCheckpoint();
      return this.open(newest);
    });
  }

  /** The checkpoint of a step. @throws CheckpointError when there is none; DamagedCheckpoint when it does not verify */
  openStep(step: number): Checkpoint {
    return this.steady(() => {
      const steps = this.steps();
      if (steps.includes(step)) return this.open(step);
      const others = steps.length === 0 ? "none" : `those of step ${steps.join(", ")}`;
      throw new CheckpointError(`${this.folder} has no checkpoint of step ${step}; there are ${others}`);
    });
  }

  /**
   * The newest checkpoint saved under `name`; undefined when there is none.
   * @throws DamagedCheckpoint when it does not verify, or a newer one does not say what it is called
   */
  openNamed(name: string): Checkpoint | undefined {
    return this.steady(() => {
      for (const step of this.steps()) {
        if (this.guarded(step, () => readManifest(this.path(step), step).names.includes(name))) return this.open(step);
      }
      return undefined;
    });
  }

  /** Step of the newest checkpoint of this name, intact or not; undefined when there is none. */
  stepNamed(name: string): number | undefined {
    return this.steps().find((step) => this.namesOf(step).includes(name));
  }

  /**
   * SHA-256 of a file of a checkpoint, as its manifest says; undefined where it has no such file.
   * @throws DamagedCheckpoint when the manifest does not verify
   */
  hashOf(step: number, file: string): string | undefined {
    const { files } = this.guarded(step, () => readManifest(this.path(step), step));
    return files.find(({ name }) => name === file)?.sha256;
  }

  private noCheckpoint(): CheckpointError {
    return new CheckpointError(`no checkpoint in ${this.folder}; train the run first`);
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
    const newest = all.slice(beyond.length, beyond.length + this.options.keep);
    const kept = new Set([...beyond, ...newest, ...(this.options.spaced ?? [])]);
    const named = new Set<string>();
    for (const other of all) {
      for (const name of this.namesOf(other)) {
        if (!named.has(name)) kept.add(other);
        named.add(name);
      }
    }
    return kept;
  }

  /** Removes what is no longer kept beside the checkpoint of `step`; tells when that is not possible. */
  prune(step: number): void {
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

  /** A checkpoint with its files. @throws CheckpointError naming what is missing or damaged */
  private read(step: number): Checkpoint {
    const folder = this.path(step);
    const manifest = readManifest(folder, step);
    return { step, folder, names: manifest.names, files: readVerifiedFiles(folder, manifest) };
  }

  /** Looks again when another process has saved, and thereby removed what was being read. */
  private steady<T>(open: () => T): T {
    for (let look = 1; ; look++) {
      const before = this.steps();
      try {
        return open();
      } catch (cause) {
        const changed = this.steps().join() !== before.join();
        if (!(cause instanceof CheckpointError) || !changed || look === looks) throw cause;
      }
    }
  }

  private open(step: number): Checkpoint {
    return this.guarded(step, () => this.read(step));
  }

  /** Adds to what is wrong with a checkpoint which other one may be asked for. */
  private guarded<T>(step: number, look: () => T): T {
    try {
      return look();
    } catch (cause) {
      if (!(cause instanceof CheckpointError)) throw cause;
      const other = this.steps().find((one) => one !== step && this.isIntact(one));
      const remedy =
        other === undefined
          ? "no other one is intact; restore the folder from a copy or train again"
          : `take --checkpoint step-${other}, which is intact, or restore the folder from a copy`;
      throw new DamagedCheckpoint(`${cause.message}; ${remedy}`, { cause });
    }
  }

  private isIntact(step: number): boolean {
    try {
      this.read(step);
      return true;
    } catch {
      return false;
    }
  }
}

/** Whether a file is there but must not be read, so that nothing can be said of it. */
function isForbidden({ cause }: CheckpointError): boolean {
  return ["EACCES", "EPERM"].includes((cause as NodeJS.ErrnoException | undefined)?.code ?? "");
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
