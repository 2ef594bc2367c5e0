/** Where the patches of one step lie in their volumes: a pure function of (seed, purpose, iteration, position). */
import { RandomStream } from "../core/random.js";
import type { Dataset } from "../data/dataset.js";
import type { DecodedCase } from "../data/decode.js";
import { partValues } from "../data/volumes/case-slices.js";
import { cutPatch, patchAround, positionOf } from "../data/volumes/patches.js";
import { voxelCount } from "../grid/grid.js";

/** Share of the labelled patches that have a labelled voxel in their middle, as in nnU-Net. */
const foregroundShare = 1 / 3;

/** Which patch of a batch is drawn. */
export interface PatchPlace {
  readonly seed: number;
  readonly purpose: string;
  readonly iteration: number;
  /** Position in the batch. */
  readonly index: number;
}

/** Numbers of the voxels of each part that has some. */
function voxelsByPart(label: Uint8Array, voxels: number, dataset: Pick<Dataset, "target" | "parts">): number[][] {
  const isPart = partValues(dataset);
  const found = new Map<number, number[]>();
  for (let i = 0; i < label.length; i++) {
    if (!isPart[label[i]]) continue;
    const part = dataset.target === "softmax" ? label[i] : Math.floor(i / voxels);
    const own = found.get(part);
    if (own) own.push(i % voxels);
    else found.set(part, [i % voxels]);
  }
  return [...found].sort(([a], [b]) => a - b).map(([, own]) => own);
}

/** The middle that was drawn from the labels: a voxel of one of the parts, each as likely; null where there is none. */
function labelledVoxel(
  { label, working }: DecodedCase,
  dataset: Pick<Dataset, "target" | "parts">,
  stream: RandomStream,
) {
  const parts = label ? voxelsByPart(label, voxelCount(working), dataset) : [];
  if (parts.length === 0) return null;
  const part = parts[stream.integer(0, parts.length - 1)];
  return positionOf(part[stream.integer(0, part.length - 1)], working.shape);
}

/**
 * One patch of a volume: everywhere as likely, but of labelled volumes a third around a voxel of a part.
 * @param patch its sides, in voxels
 */
export function drawPatch(
  volume: DecodedCase,
  dataset: Pick<Dataset, "target" | "parts">,
  patch: readonly number[],
  { seed, purpose, iteration, index }: PatchPlace,
): DecodedCase {
  const { shape } = volume.working;
  const stream = new RandomStream(seed, `patch.${purpose}`, iteration, index);
  const wanted = stream.bernoulli(foregroundShare) && volume.label !== undefined;
  const middle = wanted ? labelledVoxel(volume, dataset, stream) : null;
  const anywhere = () =>
    shape.map((side, axis) => stream.integer(0, Math.max(side - patch[axis], 0)) + Math.floor(patch[axis] / 2));
  return cutPatch(volume, patchAround(middle ?? anywhere(), shape, patch), patch);
}
