/** What people are shown of an image: of several channels some, of values that are no bytes a window. */
import { plane, type StoredImage } from "../../grid/stored-image.js";
import type { Dataset } from "../dataset.js";
import type { DecodedCase } from "../decoded-case.js";
import { usualPercentiles, windowOf } from "../volumes/windows.js";
import { type ValueRule, type Values, valueKindOf, windowed } from "./values.js";

/** The image as it is shown: of modalities the first one, else the whole, which is grey or RGB. */
export function shownImage(image: StoredImage, { channelNames }: Pick<Dataset, "channelNames">): StoredImage {
  return channelNames ? { grid: image.grid, channels: 1, samples: plane(image, 0) } : image;
}

/** Values that networks are given as bytes for the eye: z-scores between their usual percentiles. */
export function shownValues(values: Values, dataset: ValueRule): Uint8Array {
  if (values instanceof Uint8Array) return values;
  const isLevels = valueKindOf(dataset) === "levels";
  return windowed(values, isLevels ? { low: 0, high: 255 } : windowOf(values, { percentiles: usualPercentiles }));
}

/** A decoded image as bytes for the eye: {@link shownImage}, z-scores between the usual percentiles of what is shown. */
export function shownDecoded(
  { image, channels, working }: Pick<DecodedCase, "image" | "channels" | "working">,
  dataset: Pick<Dataset, "channelNames"> & ValueRule,
): Pick<DecodedCase, "channels" | "working"> & { readonly image: Uint8Array } {
  const shown = shownImage({ grid: working, channels, samples: image }, dataset);
  return { image: shownValues(shown.samples as Values, dataset), channels: shown.channels, working };
}
