/** Which of the files to segment are channels of one image, for runs that learnt from several modalities. */
import { basename, dirname, join, resolve } from "node:path";
import { DataError } from "../../core/errors.js";
import { groupBy } from "../../core/group-by.js";
import type { Dataset } from "../../data/dataset.js";
import { foldCase, isImageName, withoutEnding } from "../../data/file-patterns.js";
import { readHeader } from "../../data/read-image.js";
import { hasSlices } from "../../data/volumes/decode-volume.js";
import { entriesOf, type InputImage } from "./inputs.js";

/** The images that are whole, and a sentence for each that is not. */
export interface GroupedImages {
  readonly images: readonly InputImage[];
  readonly incomplete: readonly string[];
}

/** A file as its name says: of which image, and which of its channels, 0-based. */
interface NamedChannel {
  readonly name: string;
  readonly channel: number;
}

/**
 * `case_0001` is the second channel of `case`, as nnU-Net has it; so is `case_ADC`, or `case-adc`, where the second channel
 * is called ADC.
 */
function namedChannel(name: string, channelNames: readonly string[]): NamedChannel | undefined {
  const numbered = /^(.+)_(\d{4})$/.exec(name);
  if (numbered && Number(numbered[2]) < channelNames.length) return { name: numbered[1], channel: Number(numbered[2]) };
  const folded = foldCase(name);
  const [longest] = channelNames
    .filter((one) => ["_", "-", "."].some((mark) => folded.endsWith(`${mark}${foldCase(one)}`)))
    .sort((a, b) => b.length - a.length);
  if (longest === undefined) return undefined;
  return { name: name.slice(0, name.length - longest.length - 1), channel: channelNames.indexOf(longest) };
}

/** A file that was given itself, with the other channels of its image, which lie beside it. */
function withSiblings(image: InputImage, channelNames: readonly string[]): InputImage[] {
  const own = namedChannel(image.name, channelNames);
  if (!image.given || own === undefined) return [image];
  const folder = dirname(image.path);
  const others = entriesOf(folder)
    .map((entry) => entry.name)
    .filter((file) => isImageName(file) && file !== basename(image.path))
    .map((file) => ({ path: join(folder, file), name: withoutEnding(file), given: true }))
    .filter(({ name }) => namedChannel(name, channelNames)?.name === own.name);
  return [image, ...others];
}

/** One image of the files that hold its channels, or what it lacks. */
function joined(files: readonly (InputImage & NamedChannel)[], channelNames: readonly string[]): InputImage | string {
  const [first] = files;
  const byChannel = channelNames.map((_, channel) => files.filter((one) => one.channel === channel));
  const twice = byChannel.find((own) => own.length > 1);
  if (twice) return `${twice[0].path} and ${twice[1].path} hold the same channel of one image; leave one of them out`;
  const lacking = channelNames.filter((_, channel) => byChannel[channel].length === 0);
  if (lacking.length > 0)
    return (
      `${first.path}: the run learnt from ${channelNames.join(", ")}, but ${lacking.join(", ")} of the same image ` +
      `${lacking.length === 1 ? "is" : "are"} not beside it; put it there as ${basename(first.name)}_` +
      `${String(channelNames.indexOf(lacking[0])).padStart(4, "0")}`
    );
  const [{ path }, ...others] = byChannel.flat();
  return { path, furtherChannels: others.map((one) => one.path), name: first.name, given: first.given };
}

/**
 * Puts the files of one image together, by the ends of their names; those of other names are images of their own.
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
  const parts: (InputImage & NamedChannel)[] = [];
  for (const image of byPath.values()) {
    const named = namedChannel(image.name, channelNames);
    if (named === undefined || (await isWhole(image.path))) images.push(image);
    else parts.push({ ...image, ...named });
  }
  const incomplete: string[] = [];
  for (const files of groupBy(parts, ({ path, name }) => join(resolve(dirname(path)), basename(name))).values()) {
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
