/** The `channels` of images, and their names and files. */
import { z } from "zod";
import { type Issue, name } from "./words.js";

const furtherText =
  "files of the second and further channels (modalities) of the same images, in their order; those of the first are the images";
/** Channels of an image, at most. */
export const mostChannels = 16;

/** Files of the second and further channels, each as `one` says. */
export const furtherChannels = <T extends z.ZodType>(one: T) =>
  z
    .array(one)
    .min(1)
    .max(mostChannels - 1)
    .optional()
    .describe(furtherText);

/** Whether names can stand as `channelNames`. */
export function areChannelNames(names: readonly string[]): boolean {
  return names.every((one) => name.safeParse(one).success) && new Set(names).size === names.length;
}

/** A split or a case, as far as it names files of channels. */
interface ChannelFiles {
  readonly furtherChannels?: readonly string[] | undefined;
}

interface ChannelledSplit extends ChannelFiles {
  readonly images?: string | undefined;
  readonly cases?: readonly ChannelFiles[] | undefined;
}

interface ChannelledFile {
  readonly channels: number;
  readonly channelNames?: readonly string[] | undefined;
  readonly slices?: unknown;
  readonly domains: readonly { readonly [split in "train" | "test"]?: ChannelledSplit | undefined }[];
}

/** Names and files are as many as the channels; pictures have one channel a file, or are grey or RGB throughout. */
export function checkChannels({ channels, channelNames, slices, domains }: ChannelledFile, issue: Issue): void {
  if (channelNames && channelNames.length !== channels)
    issue(["channelNames"], `are ${channelNames.length}, but channels is ${channels}; give a name to each`);
  if (channelNames && !areChannelNames(channelNames))
    issue(["channelNames"], "name two channels alike; give each a name of its own");
  const sources = domains.flatMap((domain, i) =>
    (["train", "test"] as const).flatMap((split) => {
      const { cases, ...source } = domain[split] ?? {};
      const listed = (cases ?? []).map((one, c) => ({
        at: ["domains", i, split, "cases", c],
        files: one.furtherChannels,
      }));
      return source.images === undefined ? listed : [{ at: ["domains", i, split], files: source.furtherChannels }];
    }),
  );
  for (const { at, files } of sources)
    if (files && files.length !== channels - 1)
      issue(
        [...at, "furtherChannels"],
        `are ${files.length} beside the first, but channels is ${channels}; give one less than channels`,
      );
  if (slices !== undefined) return;
  const several = sources.some(({ files }) => files);
  const lacking = sources.find(({ files }) => !files);
  if (several && lacking)
    issue([...lacking.at, "furtherChannels"], "is missing; other pictures have a file for each channel");
  if (!several && channels !== 1 && channels !== 3)
    issue(
      ["channels"],
      `is ${channels}, but pictures are grey (1) or RGB (3) unless furtherChannels names files of more; volumes need slices: axial`,
    );
}
