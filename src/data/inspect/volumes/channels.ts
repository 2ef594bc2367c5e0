/**
 * Channels (modalities) of volumes: in files of their own, whose names end with nnU-Net's numbers or with words for
 * modalities, as those of BraTS, or are such words in a folder a case, or in one file, as Decathlon's.
 */
import { basename, dirname, join } from "node:path";
import { counted } from "../../../core/counted.js";
import { DataError } from "../../../core/errors.js";
import { groupBy } from "../../../core/group-by.js";
import { sameGrid } from "../../../grid/grid.js";
import { endingOf, withoutEnding } from "../../file-patterns.js";
import type { ImageHeader } from "../../formats/format.js";
import { mostChannels } from "../../schema.js";
import type { ImageGroup } from "../pairing/grouping.js";
import { numbered } from "../pairing/stems.js";
import { casesOf } from "../splits/split-input.js";
import { isMaskFolder, isModality } from "../words.js";

/** The files of volumes, by image. */
export interface ChannelFiles {
  /** Of each image the first file, or its only one; masks are among them. */
  readonly images: readonly string[];
  /** What the names of each channel's files end with, the first one's first; none where each file holds all there is. */
  readonly ends: readonly string[];
  /** The files of an image's further channels, whether they are there or not. @param image of `images` */
  furtherOf(image: string): readonly string[];
}

/** A path, or a pattern, with another end before its ending. */
function withEnd(path: string, end: string, other: string): string {
  return `${withoutEnding(path).slice(0, -end.length)}${other}${endingOf(path)}`;
}

function hasEnd(path: string, end: string): boolean {
  return withoutEnding(path).endsWith(end);
}

function isMask(path: string): boolean {
  return isMaskFolder(basename(dirname(path)));
}

/** A file that may be a channel's, by the end of its name. */
interface EndedFile {
  readonly path: string;
  /** The path without it. */
  readonly image: string;
  readonly end: string;
}

function endedFiles(paths: readonly string[], end: RegExp): EndedFile[] {
  return paths.flatMap((path) => {
    const found = end.exec(withoutEnding(path))?.[0];
    return found === undefined || isMask(path) ? [] : [{ path, image: withEnd(path, found, ""), end: found }];
  });
}

/** nnU-Net's numbers, where each image begins with the first; those that go on and on, or that masks have too, count cases. */
function numberEnds(files: readonly EndedFile[]): string[] {
  const count = Math.max(0, ...files.map(({ end }) => Number(end.slice(1)))) + 1;
  const images = [...groupBy(files, ({ image }) => image).values()];
  const isSeries = images.every((own) => own.some(({ end }) => end === numbered(0)));
  return isSeries && count <= mostChannels ? Array.from({ length: count }, (_, i) => numbered(i)) : [];
}

/** Words, where most images have a file with each, and those of an image lie on one grid. */
function wordEnds(files: readonly EndedFile[], headerOf: (path: string) => ImageHeader | undefined): string[] {
  const ends = [...new Set(files.map(({ end }) => end))].sort();
  const images = [...groupBy(files, ({ image }) => image).values()];
  const whole = images.filter((own) => own.length === ends.length);
  if (2 * whole.length <= images.length || ends.length > mostChannels) return [];
  const onOneGrid = whole.every((own) => {
    const [first, ...others] = own.map(({ path }) => headerOf(path)?.grid);
    return first !== undefined && others.every((grid) => grid !== undefined && sameGrid(first, grid));
  });
  return onOneGrid ? ends : [];
}

/**
 * Tells the files of further channels from those of images.
 * @param paths    relative, masks among them
 * @param headerOf of a file that can be read
 */
export function channelFiles(
  paths: readonly string[],
  headerOf: (path: string) => ImageHeader | undefined,
): ChannelFiles {
  const single = paths.filter((path) => (headerOf(path)?.channels ?? 1) === 1);
  const byNumber = endedFiles(single, /_\d{4}$/);
  const byWord = endedFiles(single, /[/_-][a-z\d]+$/i).filter(({ end }) => isModality(end.slice(1)));
  const masks = new Set(paths.filter(isMask).map((path) => basename(withoutEnding(path))));
  for (const [files, ends] of [
    [byNumber, numberEnds(byNumber)],
    [byWord, wordEnds(byWord, headerOf)],
  ] as const) {
    const [first, ...others] = ends;
    const further = new Set(files.filter(({ end }) => others.includes(end)).map(({ path }) => path));
    if (further.size === 0 || [...further].some((path) => masks.has(basename(withoutEnding(path))))) continue;
    const firsts = new Set(files.filter(({ end }) => end === first).map(({ path }) => path));
    return {
      images: paths.filter((path) => !further.has(path)),
      ends,
      furtherOf: (image) => (firsts.has(image) ? others.map((end) => withEnd(image, first, end)) : []),
    };
  }
  return { images: paths, ends: [], furtherOf: () => [] };
}

/**
 * Images that cannot be used because of a further channel's file, by their absolute paths, with the reason.
 * @param broken files that cannot be read, by their absolute paths
 */
export function withoutChannel(
  { images, furtherOf }: ChannelFiles,
  paths: ReadonlySet<string>,
  broken: ReadonlyMap<string, string>,
  root: string,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const image of images)
    for (const path of furtherOf(image)) {
      const missing = `${join(root, image)}: its channel ${path} is not there`;
      const reason = paths.has(path) ? broken.get(join(root, path)) : missing;
      if (reason !== undefined) found.set(join(root, image), reason);
    }
  return found;
}

/**
 * Groups whose patterns take the first channel's files alone: `{id}_0000.nii.gz` where names without masks beside them left
 * open that the number is no part of the id.
 */
export function ofFirstChannel(groups: readonly ImageGroup[], { ends }: ChannelFiles, root: string): ImageGroup[] {
  if (ends.length === 0) return [...groups];
  return groups.map((group) => {
    const isOpen = casesOf(group.source, root).every(({ id }) => ends.some((end) => id.endsWith(end)));
    if (!isOpen) return group;
    const text = JSON.stringify(group.source).replaceAll("{id}", `{id}${ends[0]}`);
    return { ...group, source: JSON.parse(text) as ImageGroup["source"] };
  });
}

/** The groups of {@link ofFirstChannel} with the patterns of the further channels' files. */
export function withChannels(groups: readonly ImageGroup[], { ends: [first, ...others] }: ChannelFiles): ImageGroup[] {
  return groups.map((group) => {
    const { source } = group;
    if (first === undefined || !hasEnd(source.images, first)) return group;
    const furtherChannels = others.map((end) => withEnd(source.images, first, end));
    return { ...group, source: { ...source, furtherChannels } };
  });
}

/** What the files' ends say that the channels are; nothing of numbers. */
export function namesOfEnds({ ends }: ChannelFiles): string[] {
  return ends.every((end) => /[a-z]/i.test(end)) ? ends.map((end) => end.slice(1)) : [];
}

/**
 * How many channels the images have in one file.
 * @throws DataError where they are not all alike, or more than a network can be given
 */
export function channelsInFile(headers: ReadonlyMap<string, ImageHeader>, images: readonly string[]): number {
  const known = images.flatMap((file) => {
    const header = headers.get(file);
    return header ? [{ file, channels: header.channels }] : [];
  });
  const [one] = known;
  const other = known.find(({ channels }) => channels !== one.channels);
  if (other)
    throw new DataError(
      `${other.file}: holds ${counted(other.channels, "channel")}, but ${one.file} holds ${one.channels}; give all images ` +
        "the same channels, or move those with others to a folder of their own",
    );
  if (one.channels > mostChannels)
    throw new DataError(
      `${one.file}: holds ${one.channels} channels, more than the ${mostChannels} that are read; if they are points in time, divide the file`,
    );
  return one.channels;
}
