/** Where the patches of one step lie in their volumes: a pure function of (seed, purpose, iteration, position). */
import { RandomStream } from "../../core/random.js";
import type { Dataset } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decode.js";
import { partValues } from "../../data/volumes/case-slices.js";
import { cutPatch, patchAround, positionOf } from "../../data/volumes/patches.js";
import { voxelCount } from "../../grid/grid.js";

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

/** The part that a value of a label map is of, -1 where it is of none. */
function partOf(value: number, at: number, voxels: number, { target, isPart }: PartRule): number {
  if (!isPart[value]) return -1;
  return target === "softmax" ? value : Math.floor(at / voxels);
}

interface PartRule {
  readonly target: Dataset["target"];
  readonly isPart: Uint8Array;
}

/** The middle that was drawn from the labels: a voxel of one of the parts, each as likely; null where there is none. */
function labelledVoxel(
  { label, working }: DecodedCase,
  dataset: Pick<Dataset, "target" | "parts">,
  stream: RandomStream,
) {
  if (!label) return null;
  const voxels = voxelCount(working);
  const rule = { target: dataset.target, isPart: partValues(dataset) };
  const counts = new Uint32Array(256);
  for (let i = 0; i < label.length; i++) {
    const part = partOf(label[i], i, voxels, rule);
    if (part >= 0) counts[part]++;
  }
  const parts = [...counts.keys()].filter((part) => counts[part] > 0);
  if (parts.length === 0) return null;
  const chosen = parts[stream.integer(0, parts.length - 1)];
  let left = stream.integer(0, counts[chosen] - 1);
  // Counted and walked to, so that nothing is kept of large volumes.
  for (let i = 0; ; i++)
    if (partOf(label[i], i, voxels, rule) === chosen && left-- === 0) return positionOf(i % voxels, working.shape);
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
