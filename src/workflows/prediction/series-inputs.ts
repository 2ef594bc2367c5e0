/** The DICOM series among the images that `dimseg predict` is asked for: each is one volume, whatever its files are called. */
import { readdirSync, statSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { counted } from "../../core/counted.js";
import { DataError } from "../../core/errors.js";
import { type FoundVolume, findSeries } from "../../data/dicom/series.js";
import { isImageName, mayBeDicom, withoutEnding } from "../../data/file-patterns.js";
import { formatNames } from "../../data/formats/registry.js";
import type { SystemPictures } from "../../data/system-names.js";
import type { Observer } from "../observer.js";
import { type InputImage, listInputs } from "./inputs.js";

/** What a folder holds beside files of other formats. */
interface FolderSeries {
  readonly volumes: readonly InputImage[];
  /** Files that are no images of their own, as they are slices, or hold none. */
  readonly used: readonly string[];
  /** Segmentations and contours, which are results rather than images. */
  readonly segmentations: readonly string[];
}

/** A file of its own is called as that; a series as its folder and number. */
function inputOf(folder: string, { name, ...series }: FoundVolume): InputImage {
  const [first, ...others] = new Set(series.slices.map(({ file }) => file));
  const alone = others.length === 0 && isImageName(basename(first));
  return alone
    ? { path: first, name: withoutEnding(relative(folder, first)), given: false, series }
    : { path: join(folder, name), name, given: false, series };
}

async function seriesIn(folder: string, { warn, progress }: Observer): Promise<FolderSeries> {
  const { volumes, segmentations, structureSets, withoutImage } = await findSeries(folder, (done, of) =>
    progress("reading headers", done, of),
  );
  const inputs = volumes.map((volume) => inputOf(folder, volume));
  for (const { path, series } of inputs) for (const remark of series?.remarks ?? []) warn(`${path}: ${remark}`);
  if (withoutImage.length > 0)
    warn(`${counted(withoutImage.length, "DICOM file")} without an image left out (the first is ${withoutImage[0]})`);
  const slices = volumes.flatMap((volume) => volume.slices.map(({ file }) => file));
  return { volumes: inputs, used: [...slices, ...withoutImage], segmentations: [...segmentations, ...structureSets] };
}

/** Whether a path is a folder with files that may be DICOM. */
function mayHoldSeries(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false;
  return readdirSync(path, { recursive: true, encoding: "utf8" }).some((name) => mayBeDicom(basename(name)));
}

/**
 * Lists the volumes to segment: files as given, folders with everything below them, where the slices of a DICOM series are
 * one volume. What a user should know of a series is told as a warning.
 * @throws DataError when a path does not exist or a folder holds no image
 */
export async function listVolumes(
  paths: readonly string[],
  observer: Observer,
): Promise<{ images: InputImage[]; segmentations: readonly string[]; system: SystemPictures }> {
  const { images, system } = listInputs(paths, mayHoldSeries);
  const found: InputImage[] = [];
  const used = new Set<string>();
  const segmentations: string[] = [];
  const folders = new Map(paths.filter(mayHoldSeries).map((folder) => [resolve(folder), folder]));
  for (const folder of folders.values()) {
    const series = await seriesIn(folder, observer);
    found.push(...series.volumes);
    for (const file of [...series.used, ...series.segmentations]) used.add(resolve(file));
    segmentations.push(...series.segmentations);
  }
  const plain = images.filter(({ path, given }) => given || !used.has(resolve(path)));
  const all = [...plain, ...found];
  if (all.length === 0) throw new DataError(`${paths[0]}: holds no ${formatNames()} image`);
  return { images: all, segmentations, system };
}
