/**
 * One decoded case as a file: a safetensors file with the arrays, and a SHA-256 over them and their facts. Reading
 * returns nothing at all unless everything fits, so that a damaged entry is simply made again.
 */
import { existsSync } from "node:fs";
import { writeFileAtomic } from "../core/atomic-file.js";
import type { RawTensor } from "../core/raw-tensor.js";
import { readSafetensorsFile, serializeSafetensors } from "../core/safetensors.js";
import { sha256 } from "../core/sha256.js";
import type { Case, Dataset } from "./dataset.js";
import type { CaseBytes, DecodedCase } from "./decode.js";

/** Raise when decoding changes its results, so that older entries are no longer found. */
const formatVersion = 2;

/** Hash of everything but the files that a decoded case depends on. */
export function settingsHash(dataset: Dataset, size: number): string {
  const { channels, filter, intensity, target, labels } = dataset;
  const classes = dataset.classes.map(({ index, name, inside }) => [index, name, inside]);
  return sha256(JSON.stringify([formatVersion, size, channels, filter, intensity, target, classes, labels]));
}

/** SHA-256 of a case's files. */
export interface CaseContents {
  readonly image: string;
  readonly mask?: string;
}

export function contentsOf({ image, mask }: CaseBytes): CaseContents {
  return { image: sha256(image), ...(mask ? { mask: sha256(mask) } : {}) };
}

/** Name of an entry: settings and file contents, not paths or dates. */
export function entryKey(settings: string, { image, mask }: CaseContents): string {
  return sha256(settings, image, mask ?? "unlabelled");
}

function tensorsOf(decoded: DecodedCase): [string, RawTensor][] {
  const { image, label, channels, height, width } = decoded;
  const tensors: [string, RawTensor][] = [["image", { dtype: "U8", shape: [channels, height, width], data: image }]];
  if (label) {
    const planes = label.length / (height * width);
    tensors.push(["label", { dtype: "U8", shape: [planes, height, width], data: label }]);
  }
  return tensors;
}

function contentHash(decoded: DecodedCase): string {
  const tensors = tensorsOf(decoded);
  const facts = [decoded.originalHeight, decoded.originalWidth, tensors.map(([name, tensor]) => [name, tensor.shape])];
  return sha256(JSON.stringify(facts), ...tensors.map(([, tensor]) => tensor.data));
}

/** Writes an entry in one step. @throws ResourceError when the disk is full, read-only or not permitted */
export function writeEntry(path: string, decoded: DecodedCase): void {
  const metadata = {
    originalHeight: String(decoded.originalHeight),
    originalWidth: String(decoded.originalWidth),
    sha256: contentHash(decoded),
  };
  writeFileAtomic(path, serializeSafetensors(tensorsOf(decoded), metadata));
}

/** Reads an entry; nothing when it is missing, damaged, or not of this case's kind. */
export function readEntry(path: string, one: Case): DecodedCase | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const { tensors, metadata } = readSafetensorsFile(path);
    const image = tensors.get("image");
    const label = tensors.get("label");
    if (image?.shape.length !== 3 || (label !== undefined) !== (one.maskPath !== undefined)) return undefined;
    const [channels, height, width] = image.shape;
    const decoded: DecodedCase = {
      image: image.data,
      ...(label ? { label: label.data } : {}),
      channels,
      height,
      width,
      originalHeight: Number(metadata.originalHeight),
      originalWidth: Number(metadata.originalWidth),
    };
    return contentHash(decoded) === metadata.sha256 ? decoded : undefined;
  } catch {
    return undefined;
  }
}
