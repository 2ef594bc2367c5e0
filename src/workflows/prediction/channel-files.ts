/** Which of the files to segment are channels of one image, for runs that learnt from several modalities. */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { DataError } from "../../core/errors.js";
import { groupBy } from "../../core/group-by.js";
import type { Dataset } from "../../data/dataset.js";
import { foldCase, isImageName, withoutEnding } from "../../data/file-patterns.js";
import { readHeader } from "../../data/images/read-image.js";
import { hasSlices } from "../../data/volumes/decode-volume.js";
import { entriesOf, type InputImage } from "./inputs.js";

/** The images that are whole, and a sentence for each that is not. */
export interface GroupedImages {
  readonly images: readonly InputImage[];
  readonly incomplete: readonly string[];
}

/** A file, or the folder of a series, as its names say: of which image, and which of its channels, 0-based. */
interface NamedChannel {
  /** Path of the image without what tells its channels apart: the same for all of them, and for no others. */
  readonly image: string;
  /** Of its results. */
  readonly name: string;
  readonly channel: number;
  /** Folders up to the one that is called as the channel, and what lies below it; missing where the file's name says it. */
  readonly folders?: { readonly above: string; readonly below: string };
}

type Named = Pick<InputImage, "path" | "name" | "series">;

/**
 * `case_0001` is the second channel of `case`, as nnU-Net has it; so is `case_ADC`, or `case-adc`, where the second channel
 * is called ADC.
 */
function byEnd(base: string, channelNames: readonly string[]): { rest: string; channel: number } | undefined {
  const numbered = /^(.+)_(\d{4})$/.exec(base);
  if (numbered && Number(numbered[2]) < channelNames.length) return { rest: numbered[1], channel: Number(numbered[2]) };
  const folded = foldCase(base);
  const [longest] = channelNames
    .filter((one) => ["_", "-", "."].some((mark) => folded.endsWith(`${mark}${foldCase(one)}`)))
    .sort((a, b) => b.length - a.length);
  if (longest === undefined) return undefined;
  return { rest: base.slice(0, base.length - longest.length - 1), channel: channelNames.indexOf(longest) };
}

/** The channel that a folder is called as; -1 where it is none. */
function channelOfFolder(folder: string, channelNames: readonly string[]): number {
  return channelNames.findIndex((one) => foldCase(one) === foldCase(folder));
}

/** Goes by the end of a file's name, else by the last folder that is called as a channel: `ADC/case` beside `T2/case`. */
function namedChannel({ path, name, series }: Named, channelNames: readonly string[]): NamedChannel | undefined {
  const place = resolve(path);
  const end = byEnd(basename(name), channelNames);
  // The folder of a series may itself be called as a channel.
  const isFolder = end === undefined && series !== undefined && !isImageName(basename(path));
  const folders = (isFolder ? place : dirname(place)).split(sep);
  const isChannel = (folder: string) => channelOfFolder(folder, channelNames) >= 0;
  const at = folders.findLastIndex(isChannel);
  const channel = end?.channel ?? (at < 0 ? -1 : channelOfFolder(folders[at], channelNames));
  if (channel < 0) return undefined;
  if (at < 0 || channelOfFolder(folders[at], channelNames) !== channel) {
    const rest = end?.rest as string;
    return { image: join(...folders, rest), name: join(dirname(name), rest), channel };
  }
  const rest = end?.rest ?? (isFolder ? "" : basename(name));
  const image = join(...folders.filter((_, i) => i !== at), rest);
  const parts = (isFolder ? name : dirname(name)).split(/[\\/]/);
  const own = join(...parts.filter((_, i) => i !== parts.findLastIndex(isChannel)), rest);
  const below = join(...folders.slice(at + 1), isFolder ? "" : basename(path));
  return {
    ...{ image, channel, name: own === "." ? basename(image) : own },
    ...(end ? {} : { folders: { above: folders.slice(0, at).join(sep), below } }),
  };
}

/** The other channels of an image whose channels lie in folders of their own, where these hold files of the same name. */
function besideFolder(image: InputImage, own: NamedChannel, channelNames: readonly string[]): InputImage[] {
  const { folders } = own;
  if (folders === undefined) return [];
  const named = entriesOf(folders.above || sep).filter(({ name }) => {
    const channel = channelOfFolder(name, channelNames);
    return channel >= 0 && channel !== own.channel;
  });
  return named
    .map(({ name }) => ({ ...image, path: join(folders.above, name, folders.below) }))
    .filter(({ path }) => existsSync(path));
}

/** An image with its other channels, where they lie beside a file that was given itself, or in folders beside its own. */
function withSiblings(image: InputImage, channelNames: readonly string[]): InputImage[] {
  const own = namedChannel(image, channelNames);
  if (own === undefined) return [image];
  if (own.folders) return [image, ...besideFolder(image, own, channelNames)];
  if (!image.given) return [image];
  const folder = dirname(image.path);
  const others = entriesOf(folder)
    .map((entry) => entry.name)
    .filter((file) => isImageName(file) && file !== basename(image.path))
    .map((file) => ({ path: join(folder, file), name: withoutEnding(file), given: true }))
    .filter((other) => namedChannel(other, channelNames)?.image === own.image);
  return [image, ...others];
}

type ChannelPart = InputImage & NamedChannel;

/** Where the file of a channel that an image lacks is looked for. */
function placeFor(channel: number, { folders, name }: ChannelPart, channelNames: readonly string[]): string {
  if (folders) return join(folders.above, channelNames[channel], folders.below);
  return `${basename(name)}_${String(channel).padStart(4, "0")}`;
}

/** One image of the files that hold its channels, or what it lacks. */
function joined(files: readonly ChannelPart[], channelNames: readonly string[]): InputImage | string {
  const [first] = files;
  const byChannel = channelNames.map((_, channel) => files.filter((one) => one.channel === channel));
  const twice = byChannel.find((own) => own.length > 1);
  if (twice) return `${twice[0].path} and ${twice[1].path} hold the same channel of one image; leave one of them out`;
  const lacking = channelNames.filter((_, channel) => byChannel[channel].length === 0);
  if (lacking.length > 0)
    return (
      `${first.path}: the run learnt from ${channelNames.join(", ")}, but ${lacking.join(", ")} of the same image ` +
      `${lacking.length === 1 ? "is" : "are"} not beside it; put it there as ` +
      placeFor(channelNames.indexOf(lacking[0]), first, channelNames)
    );
  const [{ path }, ...others] = byChannel.flat();
  return { path, furtherChannels: others.map((one) => one.path), name: first.name, given: first.given };
}

/**
 * Puts the files of one image together, by the ends of their names or by folders that are called as channels; others are
 * images of their own.
 * @param isWhole whether a file holds all channels by itself, whatever its name ends with
 */
export async function groupChannels(
  found: readonly InputImage[],
  channelNames: readonly string[],
  isWhole: (path: string) => Promise<boolean>,
): Promise<GroupedImages> {
  const byPath = new Map(
    found.flatMap((one) => withSiblings(one, channelNames)).map((one) => [resolve(one.path), one]),
  );
  const images: InputImage[] = [];
  const parts: ChannelPart[] = [];
  for (const image of byPath.values()) {
    const named = namedChannel(image, channelNames);
    if (named === undefined || (await isWhole(image.path))) images.push(image);
    else parts.push({ ...image, ...named });
  }
  const incomplete: string[] = [];
  for (const files of groupBy(parts, ({ image }) => image).values()) {
    const one = joined(files, channelNames);
    if (typeof one === "string") incomplete.push(one);
    else images.push(one);
  }
  return { images, incomplete };
}

/**
 * The images of a data set's kind of which every channel is there; where images are grey or RGB, each file is one.
 * @param dataset what the network was trained on
 */
export async function wholeImages(found: readonly InputImage[], dataset: Dataset): Promise<GroupedImages> {
  const { channelNames, channels } = dataset;
  if (!channelNames) return { images: found, incomplete: [] };
  const isWhole = async (path: string) => {
    if (!hasSlices(dataset)) return false;
    try {
      return (await readHeader(path)).channels === channels;
    } catch (error) {
      // What cannot be read is told of when it is read.
      if (error instanceof DataError) return false;
      throw error;
    }
  };
  return groupChannels(found, channelNames, isWhole);
}
