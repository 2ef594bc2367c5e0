/** Volumes that lie in many DICOM files each: a data set wants a folder or a file for each. */
import { extname } from "node:path";
import { counted } from "../../../core/counted.js";
import { DataError } from "../../../core/errors.js";
import { shellWord } from "../../../core/shell-word.js";
import { type FoundSeries, findSeries } from "../../dicom/series.js";
import { dicomFormat } from "../../formats/dicom.js";
import type { Progress } from "../progress.js";
import { type SeriesFolder, seriesFolders } from "../volumes/series-domains.js";

/** Whether a file's name says that it is DICOM, or says nothing, as that of most of its files. */
export function mayBeDicom(name: string): boolean {
  const ending = extname(name).slice(1).toLowerCase();
  return !/[a-z]/.test(ending) || dicomFormat.extensions.includes(ending);
}

/**
 * The series of a folder, each in a folder of its own; undefined where no volume lies in several files.
 * @throws DataError where several lie in one folder, with the command that makes a file of each
 */
export async function oneSeriesAFolder(
  root: string,
  progress: Progress = () => {},
): Promise<{ readonly folders: SeriesFolder[]; readonly found: FoundSeries } | undefined> {
  const found = await findSeries(root, (done, of) => progress("reading headers", done, of));
  const several = found.volumes.filter(({ slices }) => new Set(slices.map(({ file }) => file)).size > 1);
  if (several.length === 0) return undefined;
  const folders = seriesFolders(root, found.volumes);
  if (folders) return { folders, found };
  const [{ name, slices }] = several;
  throw new DataError(
    `${root}: holds ${counted(several.length, "DICOM volume")} of several files (the first is ${name}, ` +
      `${slices.length} slices), not each in a folder of its own below it; make a file of each with: ` +
      `dimseg data convert ${shellWord(root)} --out VOLUMES`,
  );
}

/** A sentence about contours, which are no masks before structures have numbers; none where there are none. */
export function contoursText(structureSets: readonly string[], root: string): string[] {
  if (structureSets.length === 0) return [];
  return [
    `warning: ${counted(structureSets.length, "RT structure set")} (the first is ${structureSets[0]}) left out: make masks of ` +
      `contours with dimseg data convert ${shellWord(root)} --out VOLUMES`,
  ];
}
