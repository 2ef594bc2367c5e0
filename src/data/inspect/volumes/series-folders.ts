/** Folders that hold one DICOM series each, and what their paths say. */
import { type FoundVolume, folderOf } from "../../dicom/series.js";
import { compareBytes } from "../../file-patterns.js";
import { isMaskFolder, isSilent, type SplitName, splitOfWords, wordsOf } from "../words.js";

/** Names of folders that say what lies in them rather than whose it is. */
const imageFolder = /^(?:images?(?:tr|ts)?|dicoms?|dcm|series|scans?|volumes?)$/i;

/** A folder with one volume. */
export interface SeriesFolder {
  /** From the root, with slashes. */
  readonly folder: string;
  readonly volume: FoundVolume;
}

/** The volumes as folders; undefined where a folder holds several, or slices lie in the root itself. */
export function seriesFolders(root: string, volumes: readonly FoundVolume[]): SeriesFolder[] | undefined {
  const found = volumes.map((volume) => ({ folder: folderOf(volume, root), volume }));
  const sorted = [...found].sort((a, b) => compareBytes(a.folder, b.folder));
  const isAlone = sorted.every(({ folder }, i) => {
    const next = sorted[i + 1]?.folder;
    return folder !== "" && next !== folder && !next?.startsWith(`${folder}/`);
  });
  return isAlone ? sorted : undefined;
}

/** The split that a part of a path names, where it says nothing else: `test`, `imagesTs`. */
function splitOfPart(part: string): SplitName | undefined {
  const words = wordsOf(part);
  return isSilent(words) || imageFolder.test(part) ? splitOfWords(words) : undefined;
}

/** The split that a folder lies in; `none` where no part of its path says it. */
export function splitOfFolder(folder: string): SplitName | "none" {
  for (const part of folder.split("/")) {
    const split = splitOfPart(part);
    if (split !== undefined) return split;
  }
  return "none";
}

/** What of a path says whose image it is: not that it is an image, a mask, or for training or test. */
export function sayingParts(path: string): string[] {
  const says = (part: string) => !imageFolder.test(part) && !isMaskFolder(part) && splitOfPart(part) === undefined;
  return path.split("/").filter((part) => part !== "" && part !== "." && says(part));
}
