/** Which of the files that are given together are one image. */
import type { AskedSet } from "../../../data/asked-set.js";
import type { GivenImage } from "./messages.js";

/** Where DICOM files say that they are, behind 128 bytes of anything (PS3.10, 7.1). */
const markAt = 128;
const mark = "DICM";

async function isDicom(file: File): Promise<boolean> {
  return (await file.slice(markAt, markAt + mark.length).text()) === mark;
}

/** What several files are called together: their folder, else the first of them. */
function nameOf([first]: readonly File[]): string {
  const folders = first.webkitRelativePath.split("/").slice(0, -1);
  return folders[folders.length - 1] ?? first.name;
}

/**
 * Puts files together: to a network of several channels everything is one image, to one of volumes the DICOM files, which are
 * then slices of one series.
 */
export async function grouped(
  files: readonly File[],
  { channelNames, slices }: AskedSet,
): Promise<readonly GivenImage[]> {
  const alone = (file: File) => ({ name: file.name, files: [file] });
  if (files.length === 1) return files.map(alone);
  if (channelNames) return [{ name: nameOf(files), files }];
  if (!slices) return files.map(alone);
  const isSlice = await Promise.all(files.map(isDicom));
  const series = files.filter((_, i) => isSlice[i]);
  const others = files.filter((_, i) => !isSlice[i]).map(alone);
  return series.length === 0 ? others : [...others, { name: nameOf(series), files: series }];
}
