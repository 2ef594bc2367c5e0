/**
 * What a prepared case depends on, as hashes: the contents of its files, and the settings that they are prepared with. Names
 * and dates have no say, so that a set which was moved or copied finds its entries.
 */
import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { DataError } from "../../core/errors.js";
import { readFailureReason } from "../../core/files/read-file.js";
import { sha256, sha256File } from "../../core/sha256.js";
import { frameOf, frameRecord } from "../../grid/frame.js";
import { channelFilesOf, maskFilesOf, readersOf } from "../case-files.js";
import { type Case, type Dataset, labelsOf, ofDomain } from "../dataset.js";
import type { CaseBytes } from "../decode.js";
import type { WorkingSize } from "../images/prepare-image.js";
import { imageFiles, watchedFiles } from "../images/read-image.js";
import { fileOf, insideOf } from "../inside-file.js";

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

/** What of a file changes whenever its contents do. A change time, unlike a modification time, cannot be set back. */
export function fileStamp({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join();
}

/** The stamps of a case's files; undefined when one is not there. */
export async function stampOf(one: Case, { slices }: Pick<Dataset, "slices">): Promise<string | undefined> {
  try {
    const named = [...channelFilesOf(one), ...maskFilesOf(one).map(({ path }) => path)];
    const files = slices ? (await Promise.all(named.map(watchedFiles))).flat() : named.map(fileOf);
    const facts = await Promise.all(files.map((file) => stat(file, { bigint: true })));
    return facts.map(fileStamp).join(";");
  } catch {
    return undefined;
  }
}
