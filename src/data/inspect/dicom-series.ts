/** Volumes that lie in many DICOM files each: a data set wants a file for each, and this says how to make them. */
import { extname } from "node:path";
import { counted } from "../../core/counted.js";
import { DataError } from "../../core/errors.js";
import { shellWord } from "../../core/shell-word.js";
import { findSeries } from "../dicom/series.js";
import { dicomFormat } from "../formats/dicom.js";
import type { Progress } from "./progress.js";

/** Whether a file's name says that it is DICOM, or says nothing, as that of most of its files. */
export function mayBeDicom(name: string): boolean {
  const ending = extname(name).slice(1).toLowerCase();
  return !/[a-z]/.test(ending) || dicomFormat.extensions.includes(ending);
}

/**
 * Refuses a folder with volumes of several files: its slices would count as images of their own.
 * @throws DataError naming the first, and the command that makes a file of each
 */
export async function refuseSeries(folder: string, progress: Progress = () => {}): Promise<void> {
  const { volumes } = await findSeries(folder, (done, of) => progress("reading headers", done, of));
  const several = volumes.filter(({ slices }) => new Set(slices.map(({ file }) => file)).size > 1);
  if (several.length === 0) return;
  const [{ name, slices }] = several;
  throw new DataError(
    `${folder}: holds ${counted(several.length, "DICOM volume")} of several files (the first is ${name}, ` +
      `${slices.length} slices); make a file of each with: dimseg data convert ${shellWord(folder)} --out VOLUMES`,
  );
}
