/**
 * Folders of DICOM files as volumes, whatever the files are called and however deep they lie. Headers alone are read until a
 * volume is asked for.
 */
import { readdir } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { DataError } from "../../core/errors.js";
import { readBytes, readFailureReason } from "../../core/files/read-file.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { mapLimited } from "../limited.js";
import { describePixels, holdsImage } from "./description.js";
import { readHead } from "./head.js";
import { decodeInto, emptyImage } from "./image.js";
import { notDicomReason, parseDicom } from "./parse.js";
import { isSegmentation } from "./segmentation-reader.js";
import { type SliceHeader, sliceHeaders } from "./slice-header.js";
import { isStructureSet } from "./structure-reader.js";
import { type DicomVolume, gatherVolumes } from "./volumes.js";

/** A volume of a folder, and what it may be called. */
export interface FoundVolume extends DicomVolume {
  /**
   * The folder that its files lie in, from the folder that was searched, with slashes; where several volumes lie in
   * one, `series-NUMBER` and a counter follow. No name out of a file is in it.
   */
  readonly name: string;
}

/** What a folder holds. */
export interface FoundSeries {
  /** By name. */
  readonly volumes: readonly FoundVolume[];
  /** Files that are in no volume, and why, as the end of a sentence that began with the file's name. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
  /** Those of the skipped files that are DICOM SEG. */
  readonly segmentations: readonly string[];
  /** Those of the skipped files that are RT structure sets. */
  readonly structureSets: readonly string[];
  /** Those of the skipped files that are DICOM and hold neither image nor segmentation: reports, plans, doses without pixels. */
  readonly withoutImage: readonly string[];
  /** Those of the skipped files that are DICOM and cannot be used, as they are damaged or lie nowhere in the patient. */
  readonly unusable: readonly string[];
  /** Those of the unusable files that are pictures by themselves, as X-rays are. */
  readonly pictures: readonly string[];
}

/** Why a segmentation is in no volume. */
const segmentationReason = "it is a segmentation, no image";
/** Why contours are in none. */
const contoursReason = "it holds contours, no image";
/** Why a report or a plan is in none. */
const noImageReason = "it holds no image";
/** Why an X-ray is in none. */
const pictureReason = "it has no place in the patient: a picture of its own";
/** Why frames of ultrasound are in none. */
const framesReason = "its frames have no place in the patient";

const filesAtOnce = 8;
/** Volumes that a message names. */
const shownNames = 5;

/**
 * All files below a folder, sorted, so that results do not depend on the file system.
 * @throws DataError when the folder cannot be read
 */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause) => {
    throw new DataError(`${folder}: cannot be read: ${readFailureReason(cause)}`, { cause });
  });
  const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink());
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}

/** A file's slices, or why it has none. */
async function slicesOf(file: string): Promise<SliceHeader[] | string> {
  try {
    const dicom = await readHead(file);
    if (isStructureSet(dicom)) return contoursReason;
    if (!holdsImage(dicom)) return noImageReason;
    if (isSegmentation(dicom)) return segmentationReason;
    const slices = sliceHeaders(dicom);
    if (slices.length > 0) return slices;
    return describePixels(dicom).frames === 1 ? pictureReason : framesReason;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return error.message.startsWith(`${file}: `) ? error.message.slice(file.length + 2) : error.message;
  }
}

/** The folder that all of a volume's files are in or below, from another one, with slashes; "" for that itself. */
export function folderOf({ slices }: DicomVolume, from: string): string {
  const paths = slices.map(({ file }) => relative(from, dirname(file)).split(sep));
  const end = paths[0].findIndex((part, i) => paths.some((path) => path[i] !== part));
  return paths[0].slice(0, end < 0 ? undefined : end).join("/");
}

/** Names volumes by their folders, and by series where that is not enough. */
function named(volumes: readonly DicomVolume[], folder: string): FoundVolume[] {
  const places = volumes.map((volume) => folderOf(volume, folder));
  const wanted = volumes.map(({ seriesNumber }, i) => {
    const place = places[i];
    const isAlone = places.filter((other) => other === place).length === 1;
    const series = `series-${seriesNumber ?? "unnumbered"}`;
    if (isAlone && place !== "") return place;
    return place === "" ? series : `${place}/${series}`;
  });
  const seen = new Map<string, number>();
  return volumes.map((volume, i) => {
    const count = (seen.get(wanted[i]) ?? 0) + 1;
    seen.set(wanted[i], count);
    const isOnly = wanted.filter((name) => name === wanted[i]).length === 1;
    return { name: isOnly ? wanted[i] : `${wanted[i]}-${count}`, ...volume };
  });
}

/**
 * Finds the volumes in a folder and the folders in it, by the files' headers.
 * @param onFile called after each file that was looked at
 * @returns volumes grouped by series, size, spacing and orientation
 * @throws DataError when the folder cannot be read; of a file that cannot be used the reason is given
 * @example const { volumes } = await findSeries("study"); for (const { name, remarks } of volumes) console.log(name, remarks);
 */
export async function findSeries(folder: string, onFile?: (done: number, of: number) => void): Promise<FoundSeries> {
  const files = await filesBelow(folder);
  let done = 0;
  const found = await mapLimited(files, filesAtOnce, async (file) => {
    const slices = await slicesOf(file);
    onFile?.(++done, files.length);
    return slices;
  });
  const headers = found.flatMap((slices) => (typeof slices === "string" ? [] : slices));
  const skipped = found.flatMap((reason, i) => (typeof reason === "string" ? [{ file: files[i], reason }] : []));
  const volumes = named(gatherVolumes(headers), folder);
  const skippedFor = (wanted: string) => skipped.filter(({ reason }) => reason === wanted).map(({ file }) => file);
  const known = [notDicomReason, segmentationReason, contoursReason, noImageReason];
  return {
    volumes: volumes.sort((a, b) => (a.name < b.name ? -1 : 1)),
    skipped,
    segmentations: skippedFor(segmentationReason),
    structureSets: skippedFor(contoursReason),
    withoutImage: skippedFor(noImageReason),
    unusable: skipped.filter(({ reason }) => !known.includes(reason)).map(({ file }) => file),
    pictures: skippedFor(pictureReason),
  };
}

/**
 * The only volume in a file.
 * @throws DataError when the file is no DICOM image with a place in the patient, or holds more than one volume
 */
export async function volumeOfFile(file: string): Promise<DicomVolume> {
  const slices = await slicesOf(file);
  if (typeof slices === "string") throw new DataError(`${file}: is no DICOM volume: ${slices}`);
  const volumes = gatherVolumes(slices);
  if (volumes.length === 1) return volumes[0];
  throw new DataError(`${file}: holds ${volumes.length} volumes; give the folder it lies in`);
}

/**
 * The only volume in a folder and the folders in it.
 * @throws DataError when there is none, or more than one
 */
export async function onlySeries(folder: string): Promise<FoundVolume> {
  const { volumes, skipped } = await findSeries(folder);
  if (volumes.length === 1) return volumes[0];
  if (volumes.length === 0) {
    const [first] = skipped;
    const why = first ? `; of ${relative(folder, first.file)}: ${first.reason}` : "";
    throw new DataError(`${folder}: holds no DICOM series${why}`);
  }
  const names = volumes.slice(0, shownNames).map(({ name }) => name);
  const more = volumes.length > names.length ? ", ..." : "";
  throw new DataError(
    `${folder}: holds ${volumes.length} volumes (${names.join(", ")}${more}); put each in its own folder`,
  );
}

/**
 * Decodes a volume.
 * @param volume of {@link findSeries}, or of one file
 * @returns planes `[C, slices, rows, columns]`, in the units that its files rescale to
 * @throws DataError when a file cannot be read, is damaged, or has changed since it was found
 */
export async function readSeries(volume: DicomVolume): Promise<StoredImage> {
  const image = emptyImage(volume.grid, volume.channels, volume.sampleType);
  const byFile = new Map<string, [frame: number, slice: number][]>();
  volume.slices.forEach(({ file, frame }, slice) => {
    const frames = byFile.get(file) ?? [];
    byFile.set(file, frames);
    frames.push([frame, slice]);
  });
  for (const [file, slices] of byFile) await decodeInto(image, parseDicom(readBytes(file), file), slices, "colours");
  return image;
}
