/**
 * Patches of decoded volumes: what a network of volumes is trained on. Positions are `[slice, row, column]` on the working
 * grid; what lies outside of the volume is black and background, as sliding windows have it.
 */
import { boxGrid, cutBox } from "../../grid/box.js";
import { voxelCount } from "../../grid/grid.js";
import type { Dataset } from "../dataset.js";
import type { DecodedCase } from "../decoded-case.js";
import { partValues, pictureOf } from "./case-slices.js";

type Position = readonly number[];

/** A part of a volume as a case of its own. @param start may be negative, and the patch reach beyond the volume */
export function cutPatch(volume: DecodedCase, start: Position, patch: Position): DecodedCase {
  const { image, label, working, ...rest } = volume;
  const { shape } = working;
  return {
    ...rest,
    image: cutBox(image, shape, start, patch),
    ...(label ? { label: cutBox(label, shape, start, patch) } : {}),
    working: boxGrid(working, start, patch),
  };
}

/** Where a patch begins that has a voxel in its middle, as far as it stays inside; along a side that is too short, centred. */
export function patchAround(voxel: Position, shape: Position, patch: Position): number[] {
  return shape.map((side, axis) => {
    const room = side - patch[axis];
    if (room < 0) return -Math.floor(-room / 2);
    return Math.min(Math.max(voxel[axis] - Math.floor(patch[axis] / 2), 0), room);
  });
}

/** The position of a voxel by its number in `[S]`. */
export function positionOf(voxel: number, [, rows, columns]: Position): [number, number, number] {
  const plane = rows * columns;
  return [Math.floor(voxel / plane), Math.floor((voxel % plane) / columns), voxel % columns];
}

/** The middle of everything that is labelled; of the volume where nothing is. */
function middleOf({ label, working }: DecodedCase, dataset: Pick<Dataset, "target" | "parts">): Position {
  const voxels = voxelCount(working);
  const isPart = partValues(dataset);
  const sum = [0, 0, 0];
  let count = 0;
  for (let i = 0; i < (label?.length ?? 0); i++) {
    if (!isPart[(label as Uint8Array)[i]]) continue;
    positionOf(i % voxels, working.shape).forEach((at, axis) => {
      sum[axis] += at;
    });
    count++;
  }
  return count === 0
    ? working.shape.map((side) => Math.floor(side / 2))
    : sum.map((total) => Math.round(total / count));
}

/**
 * What a network sees of a case where one input has to stand for it: a picture, the slice of a volume that tells most, or
 * for a network of volumes the patch around the middle of what is labelled.
 * @param patch `Model.patch`
 */
export function viewOf(
  decoded: DecodedCase,
  dataset: Pick<Dataset, "target" | "parts" | "slices">,
  patch: Position | null,
): DecodedCase {
  if (!patch) return pictureOf(decoded, dataset);
  return cutPatch(decoded, patchAround(middleOf(decoded, dataset), decoded.working.shape, patch), patch);
}
