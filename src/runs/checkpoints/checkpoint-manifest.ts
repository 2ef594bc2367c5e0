/**
 * The manifest of a checkpoint folder: which files belong to it, how long they are and their SHA-256, guarded by a
 * checksum of its own. A folder is a checkpoint only if everything its manifest promises is there, byte for byte.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { CheckpointError } from "../../core/errors.js";
import { readBytes } from "../../core/files/read-file.js";
import { sha256 } from "../../core/sha256.js";

const formatVersion = 1;
const maximumManifestBytes = 2 ** 20;

/** Name of the manifest inside a checkpoint folder. */
export const manifestName = "manifest.json";

/** One file of a checkpoint. */
export interface ManifestFile {
  name: string;
  bytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
}

/** What a checkpoint folder holds. */
export interface Manifest {
  /** Optimiser steps done when it was saved. */
  step: number;
  /** What this checkpoint is known as, for example "best". */
  names: string[];
  files: ManifestFile[];
}

/** Whether a checkpoint may hold a file of this name: plain, inside the folder, and not the manifest itself. */
export function isCheckpointFileName(name: unknown): name is string {
  return typeof name === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) && name !== manifestName;
}

/** The manifest's text. */
export function formatManifest({ step, names, files }: Manifest): string {
  const body = { formatVersion, step, names, files };
  return `${JSON.stringify({ ...body, checksum: sha256(JSON.stringify(body)) }, null, 2)}\n`;
}

function parseManifest(text: string, path: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(`${path} is damaged: it is not JSON`, { cause });
  }
  const { checksum, ...body } = Object(value) as Record<string, unknown>;
  if (body.formatVersion !== formatVersion) {
    const found = JSON.stringify(body.formatVersion) ?? "none";
    throw new CheckpointError(`${path} has format version ${found} but this dimseg reads version ${formatVersion}`);
  }
  if (checksum !== sha256(JSON.stringify(body))) throw new CheckpointError(`${path} is damaged: its checksum is wrong`);
  return body as unknown as Manifest;
}

/**
 * Reads and checks a checkpoint folder's manifest.
 * @throws CheckpointError naming the manifest when it is missing, damaged, of another version or of another step
 */
export function readManifest(folder: string, step: number): Manifest {
  const path = join(folder, manifestName);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > maximumManifestBytes) throw new CheckpointError(`${path} is damaged: it is ${size} bytes long`);
  const manifest = parseManifest(new TextDecoder().decode(readBytes(path, CheckpointError)), path);
  if (manifest.step !== step) throw new CheckpointError(`${path} is of step ${manifest.step}, not of step ${step}`);
  if (!manifest.files.every(({ name }) => isCheckpointFileName(name))) {
    throw new CheckpointError(`${path} names a file outside its folder`);
  }
  return manifest;
}

/**
 * Reads every file the manifest lists; what is returned is what was hashed.
 * @throws CheckpointError naming the first file that is missing, too short, too long or changed
 */
export function readVerifiedFiles(folder: string, manifest: Manifest): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const file of manifest.files) {
    const path = join(folder, file.name);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? file.bytes;
    if (size !== file.bytes) {
      throw new CheckpointError(`${path} is damaged: it is ${size} bytes long instead of ${file.bytes}`);
    }
    const bytes = readBytes(path, CheckpointError);
    if (sha256(bytes) !== file.sha256) throw new CheckpointError(`${path} is damaged: its SHA-256 is wrong`);
    files.set(file.name, bytes);
  }
  return files;
}
