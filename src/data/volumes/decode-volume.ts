/** Volumes with their masks, from their files to what training and evaluation use (prepare-volume.ts). */
import { DataError } from "../../core/errors.js";
import { frameOf, intoFrame } from "../../grid/frame.js";
import { type Grid, sameGrid, shapeText, voxelCount } from "../../grid/grid.js";
import { resizeNearest } from "../../grid/resize.js";
import { resizeVolumeNearest } from "../../grid/resize-volume.js";
import { type SliceOrder, SliceStack, sliceGrid, sliceOrder } from "../../grid/slices.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { maskFilesOf, readersOf } from "../case-files.js";
import { type Case, type Dataset, type MaskFile, ofDomain, type SliceRule } from "../dataset.js";
import type { DecodedCase } from "../decoded-case.js";
import type { WorkingSize } from "../images/prepare-image.js";
import { readVolumeChannels } from "../images/read-channels.js";
import { readMaskOf } from "../images/read-image.js";
import { labelDecoder } from "../masks/label-decoders.js";
import { expandCodes } from "../masks/labels.js";
import { joinCodes } from "../masks/mask-join.js";
import { combineReaders } from "../masks/reader-masks.js";
import { asVolume, type CutVolume, cutVolume, prepareVolume, prepareWhole } from "./prepare-volume.js";
import { withVolumeRoom } from "./room.js";
import { stackSlices } from "./stacked-planes.js";

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
