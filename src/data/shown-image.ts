/** What people are shown of an image of several channels. */
import { plane, type StoredImage } from "../grid/stored-image.js";
import type { Dataset } from "./dataset.js";

/** The image as it is shown: of modalities the first one, else the whole, which is grey or RGB. */
export function shownImage(image: StoredImage, { channelNames }: Pick<Dataset, "channelNames">): StoredImage {
  return channelNames ? { grid: image.grid, channels: 1, samples: plane(image, 0) } : image;
}
