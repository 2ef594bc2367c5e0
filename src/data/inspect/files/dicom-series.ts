/** Whether a folder is a set of DICOM series, each in a folder of its own, and what lies beside them. */
import { join, relative } from "node:path";
import { counted, countedNames } from "../../../core/counted.js";
import { DataError } from "../../../core/errors.js";
import { seenFrom } from "../../../core/files/seen-from.js";
import { shellWord } from "../../../core/shell-word.js";
import { isDicom } from "../../dicom/parse.js";
import { type FoundSeries, type FoundVolume, findSeries } from "../../dicom/series.js";
import { startOf } from "../../file-bytes.js";
import { isVolumeName, mayBeDicom } from "../../file-patterns.js";
import { sniffBytes } from "../../formats/format.js";
import type { Progress } from "../progress.js";
import { type SeriesFolder, seriesFolders } from "../volumes/series-folders.js";
import { labelMapsAmong, type SeriesMasks } from "../volumes/series-masks.js";
import type { FolderContent } from "./scan.js";

/** A folder of series. */
export interface SeriesSet {
  readonly folders: readonly SeriesFolder[];
  readonly masks: SeriesMasks;
}

/** What a folder with DICOM series is; without `series` a set of its other files. */
export interface SeriesOrFiles {
  readonly series?: SeriesSet;
  /** The folder's, without the files of series. */
  readonly content: FolderContent;
  /** Sentences about what is left out. */
  readonly told: readonly string[];
}

/** Whether any file is DICOM; those are looked at of which a name does not say that they are something else. */
async function holdsDicom(root: string, { images, unnamed }: FolderContent): Promise<boolean> {
  for (const path of [...images.filter(mayBeDicom), ...unnamed]) {
    const head = await startOf(join(root, path), sniffBytes).catch(() => null);
    if (head && isDicom(head)) return true;
  }
  return false;
}

/** Files of DICOM that are in no volume, though they should be. */
function unusableText(root: string, { skipped, unusable }: FoundSeries): string[] {
  if (unusable.length === 0) return [];
  const reasons = new Map(skipped.map(({ file, reason }) => [file, reason]));
  const files = unusable.map((file) => `${relative(root, file)}: ${reasons.get(file)}`);
  return [`warning: ${countedNames(files, "DICOM file")} left out`];
}

/** A sentence about contours, which are no masks before structures have numbers; none where there are none. */
function contoursText(root: string, { structureSets }: FoundSeries): string[] {
  if (structureSets.length === 0) return [];
  return [
    `warning: ${counted(structureSets.length, "RT structure set")} (the first is ${structureSets[0]}) left out: make masks of ` +
      `contours with dimseg data convert ${shellWord(root)} --out VOLUMES`,
  ];
}

/** @throws DataError where several volumes lie in one folder, with the command that makes a file of each */
function oneSeriesAFolder(
  root: string,
  volumes: readonly FoundVolume[],
  several: readonly FoundVolume[],
): SeriesFolder[] {
  const folders = seriesFolders(root, volumes);
  if (folders) return folders;
  const [{ name, slices }] = several;
  throw new DataError(
    `${root}: holds ${counted(several.length, "DICOM volume")} of several files (the first is ${name}, ` +
      `${slices.length} slices), not each in a folder of its own below it; make a file of each with: ` +
      `dimseg data convert ${shellWord(root)} --out VOLUMES`,
  );
}

/** Sentences about files beside series that are neither images nor masks. */
function besideText(series: number, images: readonly string[], pictures: readonly string[]): string[] {
  const left = (paths: readonly string[], what: string, why: string) =>
    paths.length === 0 ? [] : [`warning: ${countedNames(paths, what)} beside ${series} DICOM series left out${why}`];
  return [...left(images, "volume", ": not called masks, and no label maps"), ...left(pictures, "picture", "")];
}

/**
 * A folder without series: its DICOM files of one picture, as X-rays are, are told from volumes, which they are by their
 * names. Beside volumes or segmentations they stay slices of their own.
 * @throws DataError where their names have no ending, by which images and masks pair
 */
function withPictures(root: string, content: FolderContent, found: FoundSeries): FolderContent {
  const { volumes, pictures, segmentations } = found;
  const single = volumes.filter(({ slices }) => slices.length === 1).map(({ slices }) => slices[0].file);
  const paths = new Set([...pictures, ...single].map((file) => seenFrom(root, file)));
  const isOfVolumes = content.images.some((path) => isVolumeName(path) && !paths.has(path));
  if (isOfVolumes || segmentations.length > 0) return content;
  const unnamed = content.unnamed.filter((path) => paths.has(path));
  if (unnamed.length > 0 && unnamed.length >= content.images.length)
    throw new DataError(
      `${root}: ${countedNames(unnamed, "DICOM picture")} without an ending; add .dcm to the names, by which images and masks pair`,
    );
  return { ...content, pictures: paths };
}

/**
 * Decides what a folder is a set of. Volumes in several DICOM files are its images, and label maps of other formats may be
 * their masks; but where as many volumes of other formats are no label maps, or there are more pictures than slices, the
 * series are what these were made of.
 * @throws DataError where series are the images and several lie in one folder
 */
export async function seriesOrFiles(root: string, content: FolderContent, progress: Progress): Promise<SeriesOrFiles> {
  if (!(await holdsDicom(root, content))) return { content, told: [] };
  const found = await findSeries(root, (done, of) => progress("reading headers", done, of));
  const { volumes, segmentations, structureSets, withoutImage, unusable } = found;
  const several = volumes.filter(({ slices }) => new Set(slices.map(({ file }) => file)).size > 1);
  if (several.length === 0) return { content: withPictures(root, content, found), told: [] };
  const slices = new Set(volumes.flatMap((volume) => volume.slices.map(({ file }) => file)));
  const dicom = new Set([...slices, ...segmentations, ...structureSets, ...withoutImage, ...unusable]);
  const files = content.images.filter((path) => !dicom.has(join(root, path)));
  const pictures = files.filter((path) => !isVolumeName(path));
  const { labelMaps, images } = await labelMapsAmong(root, files.filter(isVolumeName));
  const isOfVolumes = images.length >= volumes.length;
  if (isOfVolumes || pictures.length > slices.size) {
    const made = isOfVolumes
      ? `${counted(images.length, "volume")} of other formats that are no label maps`
      : counted(pictures.length, "picture");
    const told = `warning: ${volumes.length} DICOM series (the first is ${volumes[0].name}) beside ${made} left out; inspect a folder that holds the series alone to have them`;
    return { content: { ...content, images: files }, told: [told] };
  }
  const folders = oneSeriesAFolder(root, volumes, several);
  return {
    series: { folders, masks: { segmentations, labelMaps } },
    content: { ...content, images: files },
    told: [...unusableText(root, found), ...contoursText(root, found), ...besideText(folders.length, images, pictures)],
  };
}
