/** From the files of a folder of volumes to groups of images with their masks, by whatever tells them apart. */
import { join } from "node:path";
import { countedNames } from "../../../core/counted.js";
import { DataError } from "../../../core/errors.js";
import { compareBytes } from "../../file-patterns.js";
import type { ImageHeader } from "../../formats/format.js";
import { agreedChannels } from "../channel-keys.js";
import { withoutBroken } from "../files/broken-cases.js";
import type { FolderContent } from "../files/scan.js";
import { groupImages, type ImageGroup } from "../pairing/grouping.js";
import { labelMapsByValues } from "../pairing/masks-by-values.js";
import type { Progress } from "../progress.js";
import { type BidsTree, findBids } from "./bids.js";
import { bidsGroups, chooseKinds } from "./bids-groups.js";
import { channelFiles, namesOfEnds, ofFirstChannel, withChannels, withoutChannel } from "./channels.js";
import { readHeaders } from "./headers.js";
import { insidePath, lookInside, withInside } from "./inside-names.js";
import { listedGroups } from "./listed-groups.js";
import type { Modality } from "./modalities.js";

/** What was found. */
export interface VolumeGroups {
  readonly groups: readonly ImageGroup[];
  /** Headers of all files, by absolute path. */
  readonly headers: ReadonlyMap<string, ImageHeader>;
  /** Whether a list says the order of the first group. */
  readonly isListed: boolean;
  /** Files of an image, a channel each where there are several. */
  readonly files: number;
  /** What the names of these files say that the channels are; empty where they do not. */
  readonly channelNames: readonly string[];
  /** Those that the images may be of where nothing tells; the groups are of the first. */
  readonly modalities: readonly Modality[];
}

/** The files of a tree that are looked into. */
function filesOf({ modalities, masks }: BidsTree): string[] {
  return [...modalities, ...masks].flatMap(({ files }) => [...files.values()]);
}

/**
 * Finds the groups of a folder of volumes.
 * @param guesses receives what was decided
 * @throws DataError when no volume can be read
 */
export async function groupVolumes(
  root: string,
  content: FolderContent,
  guesses: string[],
  progress: Progress,
): Promise<VolumeGroups> {
  const bids = findBids(content.images);
  const all = [...(bids ? filesOf(bids) : content.images)].sort(compareBytes);
  const inside = await lookInside(root, all, guesses);
  const { headers, broken } = await readHeaders(root, all, progress, (path) => insidePath(path, inside.image));
  const files = channelFiles(bids ? [] : all, (path) => headers.get(join(root, path)));
  const paths = bids ? all : files.images;
  const choice = bids && chooseKinds(bids, (path) => headers.get(join(root, path)), guesses);
  const listed = bids ? undefined : listedGroups(paths, content.helpers, root, guesses);
  const groupByNames = async () => {
    const labelMaps = await labelMapsByValues(root, paths, guesses);
    const { groups, guesses: told } = await groupImages({ ...content, images: paths, labelMaps }, root);
    guesses.push(...told);
    return groups;
  };
  const found = bids && choice ? bidsGroups(bids, choice, root, guesses) : (listed ?? (await groupByNames()));
  const lacking = withoutChannel(files, new Set(all), broken, root);
  const whole = withoutBroken(
    ofFirstChannel(found, files, root).map((group) => withInside(group, inside)),
    new Map([...broken, ...lacking]),
    root,
    guesses,
  );
  const { groups, count } = agreedChannels(withChannels(whole, files), guesses);
  if (groups.length === 0) {
    const [why] = [...broken.values(), ...lacking.values()];
    throw new DataError(
      why === undefined
        ? `${root}: holds no image: ${countedNames(all, "volume")} called as masks are; put the images into a folder images beside ` +
            (all.length === 1 ? "it" : "them")
        : `${root}: holds no volume that can be read: ${why}`,
    );
  }
  return {
    ...{ groups, headers, isListed: listed !== undefined, modalities: choice?.modalities ?? [] },
    ...{ files: count, channelNames: namesOfEnds(files) },
  };
}
