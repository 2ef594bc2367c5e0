/**
 * One decoded case as a file: a safetensors file with the arrays, and a SHA-256 over them and their facts. Reading
 * returns nothing at all unless everything fits, so that a damaged entry is simply made again.
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { writeFileAtomic } from "../core/atomic-file.js";
import { DataError } from "../core/errors.js";
import type { RawTensor } from "../core/raw-tensor.js";
import { readFailureReason } from "../core/read-file.js";
import { readSafetensorsFile, serializeSafetensors } from "../core/safetensors.js";
import { sha256, sha256File } from "../core/sha256.js";
import { frameOf, frameRecord } from "../grid/frame.js";
import { voxelCount } from "../grid/grid.js";
import { sampleBytes, viewSamples } from "../grid/stored-image.js";
import { channelFilesOf, maskFilesOf, readersOf } from "./case-files.js";
import { type Case, type Dataset, labelsOf, ofDomain } from "./dataset.js";
import type { CaseBytes, DecodedCase } from "./decode.js";
import { insideOf } from "./inside-file.js";
import type { WorkingSize } from "./prepare-image.js";
import { imageFiles } from "./read-image.js";
import type { Values } from "./values.js";

/** Raise when decoding changes its results, so that older entries are no longer found. */
const formatVersion = 4;

/** Hash of everything but the files that a decoded case of a domain depends on. */
export function settingsHash(dataset: Dataset, size: WorkingSize, domain: string): string {
  const { channels, filter, intensity, values, spacing, target, slices } = ofDomain(dataset, domain);
  const labels = labelsOf(dataset, domain);
  const classes = dataset.classes.map(({ index, name, inside }) => [index, name, inside]);
  const resized = size === "whole" ? size : frameRecord(frameOf(size));
  const ofImages = [formatVersion, resized, channels, filter, intensity, spacing, target];
  const ofSlices = slices ? [slices.plane, slices.intensity, ...(slices.intensities ?? [])] : [];
  const ofVolumes = size === "whole" ? [...ofSlices, slices?.resample] : ofSlices;
  return sha256(JSON.stringify([...ofImages, classes, labels, ...ofVolumes, ...(values ? [values] : [])]));
}

/** SHA-256 of a case's files; of the image all channels'. */
export interface CaseContents {
  readonly image: string;
  readonly mask?: string;
}

/** One file's hash is that of its bytes; of several it says where each ends, of combined readers also how, and whose each is. */
function maskHash(one: Case, hashes: readonly string[]): string {
  const { readers: rule } = one;
  const readers = rule === undefined ? [] : [rule, ...readersOf(one).map(({ length }) => length)];
  return hashes.length === 1 ? hashes[0] : sha256([...hashes, ...readers].join());
}

/** A file's hash, and what the path means in it where it goes on inside the file. */
function hashInside(hash: string, path: string): string {
  const inside = insideOf(path);
  return inside === undefined ? hash : sha256(hash, inside);
}

/** Of one file its own hash; of several one that says where each ends. */
function joinedHash(hashes: readonly string[]): string {
  return hashes.length === 1 ? hashes[0] : sha256(hashes.join());
}

/** The hashes of a case's files as they were read. */
export function contentsOf(one: Case, { channels, mask }: CaseBytes): CaseContents {
  const images = channelFilesOf(one);
  const image = joinedHash(channels.map((bytes, i) => hashInside(sha256(bytes), images[i])));
  if (!mask) return { image };
  const files = maskFilesOf(one);
  const hashes = mask.map((bytes, i) => hashInside(sha256(bytes), files[i].path));
  return { image, mask: maskHash(one, hashes) };
}

/** Of a volume all files that it lies in, as a header with its values beside it. */
async function hashOfVolume(path: string): Promise<string> {
  const hashes: string[] = [];
  for (const file of await imageFiles(path)) {
    try {
      hashes.push(await sha256File(file));
    } catch (cause) {
      throw new DataError(`${file}: cannot be read: ${readFailureReason(cause)}`, { cause });
    }
  }
  return hashInside(joinedHash(hashes), path);
}

/**
 * The same of files that are too large to be held beside what they become.
 * @throws DataError when one is missing or unreadable
 */
export async function contentsOfFiles(one: Case): Promise<CaseContents> {
  const channels: string[] = [];
  for (const path of channelFilesOf(one)) channels.push(await hashOfVolume(path));
  const mask: string[] = [];
  for (const { path } of maskFilesOf(one)) mask.push(await hashOfVolume(path));
  return { image: joinedHash(channels), ...(mask.length > 0 ? { mask: maskHash(one, mask) } : {}) };
}

/** Name of an entry: settings, file contents and how its mask files are to be read, not paths or dates. */
export function entryKey(settings: string, { image, mask }: CaseContents, one: Case): string {
  const shown = maskFilesOf(one).flatMap(({ className }) => className ?? []);
  const own = one.added?.labels;
  const read = [...(shown.length > 0 ? [JSON.stringify(shown)] : []), ...(own ? [JSON.stringify(own)] : [])];
  return sha256(settings, image, mask ?? "unlabelled", ...read);
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

/** An entry's image; of float32 a copy, as a file's values may lie anywhere. */
function valuesOf({ dtype, data }: RawTensor): Values {
  return dtype === "F32" ? (viewSamples(data.slice(), "float32") as Float32Array) : data;
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

/** Reads an entry; nothing when it is missing, damaged, or not of this case's kind. */
export function readEntry(path: string, one: Case): DecodedCase | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const { tensors, metadata } = readSafetensorsFile(path);
    const image = tensors.get("image");
    const label = tensors.get("label");
    if (!image || (label !== undefined) !== (one.maskPath !== undefined)) return undefined;
    const facts: Pick<DecodedCase, "stored" | "working" | "wide" | "mode"> = JSON.parse(metadata.facts);
    const decoded = { image: valuesOf(image), channels: image.shape[0], ...facts };
    const whole = label ? { ...decoded, label: label.data } : decoded;
    return contentHash(whole, path) === metadata.sha256 ? whole : undefined;
  } catch {
    return undefined;
  }
}
