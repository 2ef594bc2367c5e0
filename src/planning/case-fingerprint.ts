/** What a plan needs to know of one case; small, so that those of a whole data set are held at once. */
import { ignoredLabel } from "../core/target-kind.js";
import type { Case, Dataset } from "../data/dataset.js";
import { type DecodedCase, decodeCase } from "../data/decode.js";
import { shownValues } from "../data/images/shown-image.js";
import { connectedComponents } from "../grid/components.js";
import { voxelCount } from "../grid/grid.js";
import { classMask } from "../inference/label-map.js";

/** One part in one mask. */
export interface PartFingerprint {
  /** Share of the labelled pixels or voxels, 0 to 1. */
  readonly share: number;
  /** Connected components; corners touch. */
  readonly components: number;
  /** Pixels or voxels of the smallest one; NaN where there is none. */
  readonly smallest: number;
}

/** One case. */
export interface CaseFingerprint {
  readonly case: Case;
  /** As stored: rows and columns, of volumes slices before them. */
  readonly shape: readonly number[];
  /** Millimetres along each axis; null where nobody knows. */
  readonly spacing: readonly number[] | null;
  /** Shares of 256 grey levels, over all channels: those that the network sees, of float values those they are shown with. */
  readonly levels: Float64Array;
  /** In the order of the data set's parts; missing unless asked for, and without a mask. */
  readonly parts?: readonly PartFingerprint[];
}

/** The data set with volumes as their files hold them, so that what resampling costs can be told. */
export function asStored(dataset: Dataset): Dataset {
  if (!dataset.slices) return dataset;
  const { resample: _, ...slices } = dataset.slices;
  return { ...dataset, slices };
}

function levelsOf(image: Uint8Array): Float64Array {
  const levels = new Float64Array(256);
  for (const value of image) levels[value]++;
  return levels.map((count) => count / image.length);
}

/** The parts of a decoded mask. */
function partsOf(label: Uint8Array, { working }: DecodedCase, dataset: Dataset): PartFingerprint[] {
  const voxels = voxelCount(working);
  return dataset.parts.map(({ index }) => {
    const plane = dataset.target === "softmax" ? label : label.subarray(index * voxels, (index + 1) * voxels);
    const labelled = plane.reduce((sum, value) => sum + (value === ignoredLabel ? 0 : 1), 0);
    const { sizes } = connectedComponents(classMask(label, index, dataset.target, voxels), working.shape);
    const found = sizes.reduce((sum, size) => sum + size, 0);
    const smallest = sizes.reduce((least, size) => Math.min(least, size), Number.POSITIVE_INFINITY);
    return {
      share: found / Math.max(labelled, 1),
      components: sizes.length,
      smallest: sizes.length === 0 ? Number.NaN : smallest,
    };
  });
}

/**
 * Decodes a case in its own size and looks at it.
 * @param withParts whether its mask has a say
 * @throws DataError when it cannot be decoded
 */
export async function fingerprintCase(dataset: Dataset, one: Case, withParts: boolean): Promise<CaseFingerprint> {
  const decoded = await decodeCase(asStored(dataset), one, "whole");
  const { stored, image, label } = decoded;
  const facts = {
    case: one,
    shape: stored.shape,
    spacing: stored.spacing,
    levels: levelsOf(shownValues(image, dataset)),
  };
  return withParts && label ? { ...facts, parts: partsOf(label, decoded, dataset) } : facts;
}
