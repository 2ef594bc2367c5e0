/**
 * From a decoded volume to what networks see: cut along the data set's plane, values of its kind (values.ts), then each slice
 * brought into the frame, or the whole resampled to a spacing. Slices are worked on one at a time, so that beside the file's own
 * values and the results nothing as large as it is held. Pages in browsers do the same with this code: nothing here reads files.
 */
import { DataError } from "../../core/errors.js";
import { type FrameRecord, framedGrid, frameOf } from "../../grid/frame.js";
import { type Grid, makeGrid, resampledGrid, voxelCount } from "../../grid/grid.js";
import { resizeVolumeFiltered, shapeAtSpacing } from "../../grid/resize-volume.js";
import { orderedGrid, type SliceOrder, SliceStack, sliceOrder } from "../../grid/slices.js";
import { plane, type StoredImage } from "../../grid/stored-image.js";
import type { AskedSet, SliceRule } from "../asked-set.js";
import { frameValues, keptShape, type PreparedImage, type ValuedImage } from "../images/prepare-image.js";
import { requireChannels } from "../images/require-channels.js";
import {
  type ChannelScale,
  newValues,
  scaled,
  scaleOf,
  shownWindow,
  type ValueKind,
  valueKindOf,
} from "../images/values.js";
import { placePlanes, stackSlices } from "./stacked-planes.js";
import type { IntensityRule } from "./windows.js";

/** A volume as it is cut. */
export interface CutVolume {
  /** As its file has it, always with three axes. */
  readonly image: StoredImage;
  readonly order: SliceOrder;
  readonly stack: SliceStack;
}

function volumeGrid(grid: Grid): Grid {
  const { shape, spacing } = grid;
  return shape.length === 3 ? grid : makeGrid("volumeGrid", [1, ...shape], spacing && [1, ...spacing]);
}

/** A file of one slice is a volume of one slice, cut as it is stored. */
export function asVolume(image: StoredImage): StoredImage {
  return image.grid.shape.length === 3 ? image : { ...image, grid: volumeGrid(image.grid) };
}

/** The grid `[slices, rows, columns]` of a volume that is cut along a data set's plane. */
export function cutGrid(stored: Grid, { plane: along }: Pick<SliceRule, "plane">): Grid {
  const grid = volumeGrid(stored);
  return orderedGrid(grid, sliceOrder(grid, along));
}

/** Cuts a volume along a data set's plane. */
export function cutVolume(stored: StoredImage, { plane: along }: Pick<SliceRule, "plane">): CutVolume {
  const image = asVolume(stored);
  const order = sliceOrder(image.grid, along);
  return { image, order, stack: new SliceStack(image, order) };
}

/** How the values of a volume become others, all of them or a slice's. */
export interface VolumeScale {
  readonly kind: ValueKind;
  /** By channel. */
  readonly channels: readonly ChannelScale[];
}

type ChannelRules = Pick<SliceRule, "intensity" | "intensities">;

function scaleBy(
  image: StoredImage,
  { intensity, intensities }: ChannelRules,
  kind: ValueKind,
  change: (rule: IntensityRule) => IntensityRule = (rule) => rule,
): VolumeScale {
  const channels = Array.from({ length: image.channels }, (_, channel) =>
    scaleOf(plane(image, channel), change(intensities?.[channel] ?? intensity)),
  );
  return { kind, channels };
}

/** How a volume's values become those that networks are given. */
export function volumeScale(image: StoredImage, rule: Pick<VolumeRule, "slices" | "values">): VolumeScale {
  return scaleBy(image, rule.slices, valueKindOf(rule));
}

/** How they become bytes for the eye. */
export function shownScale(image: StoredImage, { slices }: Pick<VolumeRule, "slices">): VolumeScale {
  return scaleBy(image, slices, "bytes", shownWindow);
}

/** A slice, or a whole volume, with its values mapped. */
export function scaledSlice(slice: StoredImage, { kind, channels }: VolumeScale): ValuedImage {
  if (channels.length === 1) return { ...slice, samples: scaled(slice.samples, channels[0], kind) };
  const samples = newValues(kind, slice.samples.length);
  channels.forEach((scale, channel) => {
    const values = scaled(plane(slice, channel), scale, kind);
    samples.set(values, channel * values.length);
  });
  return { ...slice, samples };
}

/** What a data set decides of how its volumes are prepared. */
export type VolumeRule = Pick<AskedSet, "path" | "channels" | "channelNames" | "filter" | "values"> & {
  readonly slices: SliceRule;
};

/**
 * The grid that networks of volumes work at: the cut volume's own, or over the same field of view at the data set's spacing.
 * @throws DataError where that is wanted of a volume that does not know its spacing
 */
export function wholeGrid(
  stack: Grid,
  { slices: { resample }, path }: Pick<VolumeRule, "slices" | "path">,
  file: string,
) {
  if (!resample) return stack;
  const { spacing } = stack;
  if (spacing) return resampledGrid(stack, shapeAtSpacing({ ...stack, spacing }, resample));
  throw new DataError(
    `${file}: does not say its spacing, so it cannot be resampled as ${path} says; give the file its spacing, or train without resample`,
  );
}

/**
 * A volume as a network of volumes sees it: image `[C, slices, rows, columns]` of {@link wholeGrid}. Arguments and errors
 * as of {@link prepareVolume}.
 */
export function prepareWhole({ image, stack }: CutVolume, rule: VolumeRule, file: string): PreparedImage {
  requireChannels(image, rule, file);
  const { channels, filter } = rule;
  const scale = volumeScale(image, rule);
  const working = wholeGrid(stack.grid, rule, file);
  const all = newValues(scale.kind, channels * voxelCount(stack.grid));
  for (let i = 0; i < stack.count; i++)
    placePlanes(all, channels, stack.count, i, scaledSlice(stack.slice(i), scale).samples);
  const values = resizeVolumeFiltered(all, stack.grid.shape, working.shape, filter);
  return { image: values, channels, wide: true, stored: stack.grid, working };
}

/**
 * A volume as a network of slices sees it: image `[C, slices, height, width]`.
 * @param file the volume's name, for messages
 * @throws DataError for a volume of other channels than the data set's
 */
export function prepareVolume(
  { image, stack }: CutVolume,
  rule: VolumeRule,
  size: FrameRecord,
  file: string,
): PreparedImage {
  requireChannels(image, rule, file);
  const { channels } = rule;
  const scale = volumeScale(image, rule);
  const slices = Array.from(
    { length: stack.count },
    (_, i) => frameValues(scaledSlice(stack.slice(i), scale), rule, size).image,
  );
  const working = framedGrid(stack.grid, frameOf(size));
  return {
    image: stackSlices(slices, channels),
    channels,
    wide: true,
    stored: stack.grid,
    working,
    ...keptShape(size),
  };
}
