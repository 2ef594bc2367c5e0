/** Reading an image that is to be segmented, with all its channels. */
import { DataError } from "../../core/errors.js";
import type { Dataset } from "../../data/dataset.js";
import { isImageName, isVolumeName } from "../../data/file-patterns.js";
import { type ChannelFiles, readPictureChannels, readVolumeChannels } from "../../data/images/read-channels.js";
import { readFoundVolume } from "../../data/images/read-image.js";
import type { StoredImage } from "../../grid/stored-image.js";
import type { InputImage } from "./inputs.js";

/** The files that an image's channels lie in. */
export function channelsOf({ path, furtherChannels = [] }: InputImage): ChannelFiles {
  return { imagePath: path, furtherChannels };
}

/**
 * Reads an image of the kind that a network was trained on.
 * @throws DataError for a picture where volumes are wanted, or the other way round; and when a file cannot be read
 */
export async function readInput(image: InputImage, { slices }: Pick<Dataset, "slices">): Promise<StoredImage> {
  if (!slices) return readPictureChannels(channelsOf(image));
  const { path, series } = image;
  if (series) return readFoundVolume(series, path);
  if (isImageName(path) && !isVolumeName(path))
    throw new DataError(`${path}: is a picture, and the run was trained on volumes; give it volumes`);
  return readVolumeChannels(channelsOf(image));
}
