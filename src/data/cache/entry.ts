/**
 * One prepared case as a file: a safetensors file with the arrays, and a SHA-256 over them and their facts. Reading
 * returns nothing at all unless everything fits, so that a damaged or foreign entry is simply made again. An entry that was
 * read whole once is mapped afterwards, as long as it is the same file.
 */
import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { writeFileAtomic } from "../../core/files/atomic-file.js";
import type { RawTensor } from "../../core/formats/raw-tensor.js";
import {
  readSafetensors,
  readSafetensorsFile,
  type SafetensorsContents,
  serializeSafetensors,
} from "../../core/formats/safetensors.js";
import { sha256 } from "../../core/sha256.js";
import { voxelCount } from "../../grid/grid.js";
import { sampleBytes, viewSamples } from "../../grid/stored-image.js";
import { mapFile } from "../../torch/index.js";
import type { Case } from "../dataset.js";
import type { DecodedCase } from "../decoded-case.js";
import type { Values } from "../images/values.js";
import { fileStamp } from "./contents.js";

/** Where the entry of a key lies in the disk cache's folder. */
export function entryPath(folder: string, key: string): string {
  return join(folder, key.slice(0, 2), `${key}.safetensors`);
}

/** A file that was seen to be a whole entry. */
export interface EntryFile {
  readonly path: string;
  /** Of the file itself, which another one in its place does not have. */
  readonly stamp: string;
}

function tensorsOf(decoded: DecodedCase): [string, RawTensor][] {
  const { image, label, channels, working } = decoded;
  const dtype = image instanceof Float32Array ? "F32" : "U8";
  const shape = [channels, ...working.shape];
  const tensors: [string, RawTensor][] = [["image", { dtype, shape, data: sampleBytes(image) }]];
  if (label) {
    const planes = label.length / voxelCount(working);
    tensors.push(["label", { dtype: "U8", shape: [planes, ...working.shape], data: label }]);
  }
  return tensors;
}

/** An entry's image. @throws RangeError where a foreign file's float32 values begin at an odd place */
function valuesOf({ dtype, data }: RawTensor): Values {
  return dtype === "F32" ? (viewSamples(data, "float32") as Float32Array) : data;
}

/** Everything about the arrays that they do not say themselves. */
function factsText({ stored, working, wide, mode }: DecodedCase): string {
  return JSON.stringify({ stored, working, wide, mode });
}

/** The entry's name is part of it, so that one that was copied under another's name is no entry. */
function contentHash(decoded: DecodedCase, path: string): string {
  const tensors = tensorsOf(decoded);
  const shapes = JSON.stringify(tensors.map(([name, { shape }]) => [name, shape]));
  return sha256(basename(path), factsText(decoded), shapes, ...tensors.map(([, { data }]) => data));
}

/** Writes an entry in one step. @throws ResourceError when the disk is full, read-only or not permitted */
export function writeEntry(path: string, decoded: DecodedCase): void {
  const metadata = { facts: factsText(decoded), sha256: contentHash(decoded, path) };
  writeFileAtomic(path, serializeSafetensors(tensorsOf(decoded), metadata));
}

/** The arrays of an entry for a case; undefined where they are of another kind. */
function decodedOf({ tensors, metadata }: SafetensorsContents, one: Case): DecodedCase | undefined {
  const image = tensors.get("image");
  const label = tensors.get("label");
  if (!image || (label !== undefined) !== (one.maskPath !== undefined)) return undefined;
  const facts: Pick<DecodedCase, "stored" | "working" | "wide" | "mode"> = JSON.parse(metadata.facts);
  const decoded = { image: valuesOf(image), channels: image.shape[0], ...facts };
  return label ? { ...decoded, label: label.data } : decoded;
}

/** A file as an entry that was just written or read. @throws the system's error when it is not there */
export function entryFile(path: string): EntryFile {
  return { path, stamp: fileStamp(statSync(path, { bigint: true })) };
}

/** Whether an entry is the file still that was seen whole. */
export function isUnchanged({ path, stamp }: EntryFile): boolean {
  try {
    return entryFile(path).stamp === stamp;
  } catch {
    return false;
  }
}

/** Reads an entry and makes sure that it is one; nothing when it is missing, damaged, or not of this case's kind. */
export function readEntry(path: string, one: Case): { decoded: DecodedCase; file: EntryFile } | undefined {
  try {
    const file = entryFile(path);
    const contents = readSafetensorsFile(path);
    const decoded = decodedOf(contents, one);
    if (!decoded || contentHash(decoded, path) !== contents.metadata.sha256) return undefined;
    return isUnchanged(file) ? { decoded, file } : undefined;
  } catch {
    return undefined;
  }
}

/** A prepared case whose arrays are views of a mapped file. */
export interface MappedCase {
  readonly file: EntryFile;
  readonly decoded: DecodedCase;
  readonly mapping: ArrayBuffer;
}

/** Maps an entry that was seen whole before; nothing when it is another file now, or cannot be mapped. */
export function mapEntry(file: EntryFile, one: Case): MappedCase | undefined {
  const { path, stamp } = file;
  try {
    const handle = openSync(path, "r");
    try {
      if (fileStamp(fstatSync(handle, { bigint: true })) !== stamp) return undefined;
      const mapping = mapFile(handle);
      const decoded = mapping && decodedOf(readSafetensors(new Uint8Array(mapping), path), one);
      return mapping && decoded && { file, decoded, mapping };
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined;
  }
}
