/**
 * From the files of a volume to what training and evaluation use: cut along the data set's plane, values of its kind
 * (values.ts), then each slice brought into the frame, or the whole resampled to a spacing. Slices are worked on one at a time,
 * so that beside the file's own values and the results nothing as large as it is held.
 */
import { DataError } from "../../core/errors.js";
import { type FrameRecord, framedGrid, frameOf, intoFrame } from "../../grid/frame.js";
import { type Grid, makeGrid, resampledGrid, sameGrid, shapeText, voxelCount } from "../../grid/grid.js";
import { resizeNearest } from "../../grid/resize.js";
import { resizeVolumeFiltered, resizeVolumeNearest, shapeAtSpacing } from "../../grid/resize-volume.js";
import { type SliceOrder, SliceStack, sliceGrid, sliceOrder } from "../../grid/slices.js";
import { plane, type StoredImage } from "../../grid/stored-image.js";
import { maskFilesOf, readersOf } from "../case-files.js";
import { type Case, type Dataset, type MaskFile, ofDomain, type SliceRule } from "../dataset.js";
import type { DecodedCase } from "../decoded-case.js";
import {
  frameValues,
  keptShape,
  type PreparedImage,
  type ValuedImage,
  type WorkingSize,
} from "../images/prepare-image.js";
import { readVolumeChannels, requireChannels } from "../images/read-channels.js";
import { readMaskOf } from "../images/read-image.js";
import {
  type ChannelScale,
  newValues,
  scaled,
  scaleOf,
  shownWindow,
  type ValueKind,
  valueKindOf,
} from "../images/values.js";
import { labelDecoder } from "../masks/label-decoders.js";
import { expandCodes } from "../masks/labels.js";
import { joinCodes } from "../masks/mask-join.js";
import { combineReaders } from "../masks/reader-masks.js";
import { placePlanes, stackSlices } from "./case-slices.js";
import { withVolumeRoom } from "./room.js";
import type { IntensityRule } from "./windows.js";

/** A volume as it is cut. */
export interface CutVolume {
  /** As its file has it, always with three axes. */
  readonly image: StoredImage;
  readonly order: SliceOrder;
  readonly stack: SliceStack;
}

/** A file of one slice is a volume of one slice, cut as it is stored. */
function asVolume(image: StoredImage): StoredImage {
  const { shape, spacing } = image.grid;
  if (shape.length === 3) return image;
  return { ...image, grid: makeGrid("asVolume", [1, ...shape], spacing && [1, ...spacing]) };
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
export type VolumeRule = Pick<Dataset, "path" | "channels" | "channelNames" | "filter" | "values"> & {
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

/** A mask cut as its image is. */
interface CutMask {
  readonly file: MaskFile;
  readonly stack: SliceStack;
}

/**
 * Cuts a mask along its image's slices. A mask that does not know its place lies where its image does, as programs that
 * forget the place write it.
 * @throws DataError when its grid is not the image's
 */
function cutMask(mask: StoredImage, file: MaskFile, of: StackedGrid, one: Case, rule: SliceRule): CutMask {
  const { path } = file;
  const volume = asVolume(mask);
  const [size, imageSize] = [volume.grid, of.stored].map(shapeText);
  const placed = volume.grid.toWorld !== null && of.stored.toWorld !== null;
  const order = placed ? sliceOrder(volume.grid, rule.plane) : of.order;
  if (!placed && size !== imageSize) throw misshapen(path, size, imageSize, one);
  const stack = new SliceStack(placed ? volume : { ...volume, grid: of.stored }, order);
  if (stack.grid.shape.join() !== of.cut.shape.join()) throw misshapen(path, size, imageSize, one);
  if (!sameGrid(stack.grid, of.cut))
    throw new DataError(
      `${path}: the mask lies elsewhere in the patient than its image ${one.imagePath}, or has another spacing; pair it ` +
        "with the right image, or resample it to that image's grid",
    );
  return { file, stack };
}

function misshapen(path: string, size: string, imageSize: string, one: Case): DataError {
  return new DataError(
    `${path}: the mask is ${size} voxels, but its image ${one.imagePath} is ${imageSize}; ` +
      "pair it with the right image or resample it to that image's grid",
  );
}

/** The grids of an image, kept while its masks are read. */
export interface StackedGrid {
  readonly stored: Grid;
  readonly order: SliceOrder;
  readonly cut: Grid;
}

export function gridsOf({ image, order, stack }: CutVolume): StackedGrid {
  return { stored: image.grid, order, cut: stack.grid };
}

/** The codes `[rows, columns]` of a mask's slices, one at a time. */
export interface SliceCodes {
  /** As stored. */
  readonly files: readonly StoredImage[];
  readonly count: number;
  /** @throws DataError for a value that the label rule does not know */
  codes(slice: number): Int32Array;
}

/**
 * Reads a case's mask files.
 * @throws DataError when one cannot be read, or its grid is not the image's
 */
export async function readMaskVolume(
  dataset: Dataset & { readonly slices: SliceRule },
  one: Case,
  grids: StackedGrid,
): Promise<SliceCodes> {
  const { slices: rule } = dataset;
  const decoder = labelDecoder(dataset, one);
  const count = grids.cut.shape[0];
  const files: StoredImage[] = [];
  const readers: CutMask[][] = [];
  for (const own of one.readers === undefined ? [maskFilesOf(one)] : readersOf(one)) {
    const masks: CutMask[] = [];
    for (const file of own) {
      const mask = await readMaskOf(file.path, one.imagePath);
      files.push(mask);
      masks.push(cutMask(mask, file, grids, one, rule));
    }
    readers.push(masks);
  }
  const ofReader = (masks: readonly CutMask[], slice: number) =>
    joinCodes(
      masks.map(({ file, stack }) => ({
        file,
        codes: decoder.decode(stack.slice(slice), `${file.path} (slice ${slice + 1} of ${count})`),
      })),
      dataset,
    );
  if (one.readers === undefined) return { files, count, codes: (slice) => ofReader(readers[0], slice) };
  const size = voxelCount(grids.cut) / count;
  const whole = readers.map((masks) => {
    const codes = new Int32Array(count * size);
    for (let slice = 0; slice < count; slice++) codes.set(ofReader(masks, slice), slice * size);
    return codes;
  });
  // How well a reader marks is told from the whole volume, not from a slice.
  const combined = combineReaders(whole, { rule: one.readers, shape: grids.cut.shape, dataset });
  return { files, count, codes: (slice) => combined.subarray(slice * size, (slice + 1) * size) };
}

/** Whether a data set's cases are volumes. */
export function hasSlices<D extends Pick<Dataset, "slices">>(
  dataset: D,
): dataset is D & { readonly slices: SliceRule } {
  return dataset.slices !== undefined;
}

/**
 * Reads one volume with its mask: image `[C, S]` of the data set's kind of values; label `[S]` class numbers (softmax) or `[K, S]` 0/1 (sigmoid),
 * missing for an unlabelled case. S is `slices, height, width`, or the axes of {@link wholeGrid}.
 * @throws DataError when a file cannot be read, the mask's grid is not the image's, or a label value is unknown
 */
export function decodeVolume(
  dataset: Dataset & { readonly slices: SliceRule },
  one: Case,
  size: WorkingSize,
): Promise<DecodedCase> {
  const { values, slices } = dataset;
  const made = { values, resample: size === "whole" ? slices.resample : undefined };
  return withVolumeRoom(one, () => decodeFiles(dataset, one, size), made);
}

async function decodeFiles(
  dataset: Dataset & { readonly slices: SliceRule },
  one: Case,
  size: WorkingSize,
): Promise<DecodedCase> {
  const { prepared, grids } = await readImageVolume(dataset, one, size);
  if (one.maskPath === undefined) return prepared;
  const mask = await readMaskVolume(dataset, one, grids);
  const { shape } = prepared.working;
  const slice = sliceGrid(grids.cut, 0);
  const labels = Array.from({ length: mask.count }, (_, i) => {
    const codes = mask.codes(i);
    return expandCodes(size === "whole" ? codes : intoFrame(codes, slice, frameOf(size), resizeNearest), dataset);
  });
  const label = stackSlices(labels, dataset.target === "softmax" ? 1 : dataset.outputs);
  return { ...prepared, label: size === "whole" ? resizeVolumeNearest(label, grids.cut.shape, shape) : label };
}

/** The image alone, so that its stored values are gone before a mask is read. */
async function readImageVolume(dataset: Dataset & { readonly slices: SliceRule }, one: Case, size: WorkingSize) {
  const { imagePath: file } = one;
  const cut = cutVolume(await readVolumeChannels(one), dataset.slices);
  const rule = ofDomain(dataset, one.domain);
  const prepared = size === "whole" ? prepareWhole(cut, rule, file) : prepareVolume(cut, rule, size, file);
  return { prepared, grids: gridsOf(cut) };
}
