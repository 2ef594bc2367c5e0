/** From the files of a folder of volumes to groups of images with their masks, by whatever tells them apart. */
import { dirname, join } from "node:path";
import { DataError } from "../../../core/errors.js";
import { compareBytes, withoutEnding } from "../../file-patterns.js";
import type { ImageHeader } from "../../formats/format.js";
import { withoutBroken } from "../broken-cases.js";
import { groupImages, type ImageGroup } from "../grouping.js";
import type { Progress } from "../progress.js";
import type { FolderContent } from "../scan.js";
import { type BidsTree, findBids } from "./bids.js";
import { bidsGroups, chooseKinds } from "./bids-groups.js";
import { readHeaders } from "./headers.js";
import { insidePath, lookInside, withInside } from "./inside-names.js";
import { listedGroups } from "./listed-groups.js";
import type { Modality } from "./modalities.js";

/** The number of a channel's file, as nnU-Net has it. */
const channelNumber = /_(\d{4})$/;

/** Of images with a file for each channel the first. */
function firstChannels(images: readonly string[], names: readonly string[], guesses: string[]): readonly string[] {
  const numbers = new Map<string, number>();
  for (const path of images) {
    const number = channelNumber.exec(withoutEnding(path))?.[1];
    if (number !== undefined) numbers.set(path, Number(number));
  }
  const others = images.filter((path) => (numbers.get(path) ?? 0) > 0);
  const hasFirst = (path: string) => numbers.has(path.replace(/_\d{4}(?=\.[^/]*$)/, "_0000"));
  if (others.length === 0 || !others.every(hasFirst)) return images;
  const count = Math.max(...numbers.values()) + 1;
  const which = names.length === count ? ` (${names.join(", ")})` : "";
  guesses.push(
    `warning: images have ${count} channels${which} in files of their own; ${names[0] ?? "the first"}, ..._0000, is taken: ` +
      "write the number of another one into images to take that",
  );
  return images.filter((path) => (numbers.get(path) ?? 0) === 0);
}

/** What was found. */
export interface VolumeGroups {
  readonly groups: readonly ImageGroup[];
  /** Headers of all files, by absolute path. */
  readonly headers: ReadonlyMap<string, ImageHeader>;
  /** Whether a list says the order of the first group. */
  readonly isListed: boolean;
  /** Those that the images may be of where nothing tells; the groups are of the first. */
  readonly modalities: readonly Modality[];
}

/** The files of a tree that are looked into. */
function filesOf({ modalities, masks }: BidsTree): string[] {
  return [...modalities, ...masks].flatMap(({ files }) => [...files.values()]);
}

/**
 * Finds the groups of a folder of volumes.
 * @param channelNames what a file beside the volumes calls the channels of an image
 * @param guesses      receives what was decided
 * @throws DataError when no volume can be read
 */
export async function groupVolumes(
  root: string,
  content: FolderContent,
  channelNames: readonly string[],
  guesses: string[],
  progress: Progress,
): Promise<VolumeGroups> {
  const bids = findBids(content.images);
  const images = bids ? filesOf(bids) : firstChannels(content.images, channelNames, guesses);
  const paths = [...images].sort(compareBytes);
  const inside = await lookInside(root, paths, guesses);
  const { headers, broken } = await readHeaders(root, paths, progress, (path) => insidePath(path, inside.image));
  const choice = bids && chooseKinds(bids, (path) => headers.get(join(root, path)), guesses);
  const listed = bids ? undefined : listedGroups(paths, content.helpers, root, guesses);
  const groupByNames = async () => {
    const { groups, guesses: told } = await groupImages({ ...content, images: paths }, root);
    guesses.push(...told);
    return groups;
  };
  const all = bids && choice ? bidsGroups(bids, choice, root, guesses) : (listed ?? (await groupByNames()));
  const groups = withoutBroken(
    all.map((group) => withInside(group, inside)),
    broken,
    root,
    guesses,
  );
  if (groups.length === 0)
    throw new DataError(`${root}: holds no volume that can be read: ${[...broken.values()][0] ?? dirname(root)}`);
  return { groups, headers, isListed: listed !== undefined, modalities: choice?.modalities ?? [] };
}
