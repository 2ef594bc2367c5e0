/** Channels (modalities) as `dataset.yaml` describes them. */
import { areChannelNames, type DatasetFileInput } from "../schema.js";
import type { ImageGroup } from "./pairing/grouping.js";

/** Groups of which all images have as many files, 1 where each has one; further files that only some have are no part of it. */
export function agreedChannels(
  groups: readonly ImageGroup[],
  guesses: string[],
): { groups: readonly ImageGroup[]; count: number } {
  const counts = new Set(groups.map(({ source }) => 1 + (source.furtherChannels?.length ?? 0)));
  const [count = 1] = counts;
  if (counts.size <= 1) return { groups, count };
  guesses.push("folders have different numbers of channels, so the first is taken of all");
  return {
    count: 1,
    groups: groups.map((group) => {
      const { furtherChannels: _, ...source } = group.source;
      return { ...group, source };
    }),
  };
}

/**
 * What `dataset.yaml` says of the channels.
 * @param count  files of an image
 * @param inFile channels of a file
 * @param names  as far as they are known; not used where their number is another
 */
export function channelKeys(
  count: number,
  inFile: number,
  names: readonly string[],
  guesses: string[],
): Pick<DatasetFileInput, "channels" | "channelNames"> {
  const channels = count === 1 ? inFile : count;
  if (channels === 1) return { channels };
  const isKnown = names.length === channels && areChannelNames(names);
  const channelNames = isKnown ? [...names] : Array.from({ length: channels }, (_, i) => `channel ${i + 1}`);
  const where = count === 1 ? "in one file" : "in files of their own";
  const named = isKnown ? ` (${names.join(", ")})` : "";
  const hint = count === 1 && !isKnown ? "; if they are points in time and no modalities, divide the files" : "";
  guesses.push(
    `images have ${channels} channels${named} ${where}: networks see all of them${hint}` +
      (isKnown ? "" : "; say with channelNames what they are"),
  );
  return { channels, channelNames };
}
