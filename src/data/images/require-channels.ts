/** Whether an image has the channels of a data set. */
import { counted } from "../../core/counted.js";
import { DataError } from "../../core/errors.js";
import type { StoredImage } from "../../grid/stored-image.js";
import type { AskedSet } from "../asked-set.js";

/** @throws DataError for an image of other channels than the data set's */
export function requireChannels(
  { channels }: Pick<StoredImage, "channels">,
  rule: Pick<AskedSet, "channels" | "channelNames" | "path">,
  file: string,
): void {
  if (channels === rule.channels) return;
  const names = rule.channelNames ? ` (${rule.channelNames.join(", ")})` : "";
  const remedy =
    channels === 1
      ? "give the files of the others, too: in furtherChannels, for predict as NAME_0000, NAME_0001 and so on"
      : "correct it, or give images of as many";
  throw new DataError(
    `${file}: has ${counted(channels, "channel")}, but ${rule.path} says channels: ${rule.channels}${names}; ${remedy}`,
  );
}
