/** `dimseg data inspect` of DICOM series, each in a folder of its own. */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { readSegments } from "../../dicom/segmentation-reader.js";
import { mapLimited } from "../../limited.js";
import type { SeriesSet } from "../files/dicom-series.js";
import type { Inspection } from "../inspection.js";
import type { Progress } from "../progress.js";
import { nameOf } from "../set-name.js";
import { describeVolumes } from "./inspect-volumes.js";
import { seriesDomains } from "./series-domains.js";

/** What 0 is called in masks of segmentations. */
const background = "background";

/** Names of classes, where all segmentations name the same segments, numbered from 1 on. */
async function segmentNames(files: readonly string[]): Promise<string[]> {
  const lists = await mapLimited(files, 2, readSegments);
  const texts = lists.map((segments) => [...segments].sort((a, b) => a.number - b.number).map(({ label }) => label));
  const isNumbered = lists.every((segments) => segments.every(({ number }) => number <= segments.length && number > 0));
  const [first] = texts;
  const isSame = first && texts.every((labels) => isDeepStrictEqual(labels, first));
  const isUsable = isSame && first.every((label) => label !== "" && label !== background);
  return isUsable && isNumbered && new Set(first).size === first.length ? [background, ...first] : [];
}

/**
 * Finds out what a folder of DICOM series is.
 * @param told  sentences about files that are left out
 * @throws DataError when a volume has several channels
 */
export async function inspectSeries(
  root: string,
  { folders, masks }: SeriesSet,
  told: readonly string[],
  progress: Progress,
): Promise<Inspection> {
  const guesses = [...told];
  for (const { folder, volume } of folders)
    for (const remark of volume.remarks) guesses.push(`warning: ${folder}: ${remark}`);
  const { domains, ...subjects } = await seriesDomains(root, nameOf(root, undefined), folders, masks, guesses);
  const headers = new Map(folders.map(({ folder, volume }) => [join(root, folder), volume] as const));
  const segments = await segmentNames(masks.segmentations);
  const names = () => ({ names: segments, source: "the segmentations" });
  const inFiles = { files: 1, channelNames: [] };
  const found = { domains, subjects, headers, channelNames: [], inFiles, modalities: [], names, guesses };
  return describeVolumes(root, found, progress);
}
