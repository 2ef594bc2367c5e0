/**
 * Patches that a network of volumes may see, after nnU-Net: begin with the median volume and shorten the side that is
 * longest beside that volume's until the patch is small enough (Isensee et al., Nature Methods 2021; nnunetv2
 * `get_plans_for_configuration`). Sides are multiples of the network's strides.
 */
import { voxelCount } from "../grid/grid.js";
import type { CaseFingerprint } from "./case-fingerprint.js";
import { medians } from "./fingerprint.js";

export type Patch = readonly [slices: number, rows: number, columns: number];

/** Voxels of patches; the first is about that of studies/volumes, the last nnU-Net's usual one. */
const budgets = [50_000, 110_000, 262_144, 524_288, 1_048_576, 2_097_152];
/** The networks halve four times along each axis. */
const stride = 16;
/** From this ratio of spacings on a volume is a stack of slices to nnU-Net. */
const anisotropic = 3;
/** Fewer slices are fewer than a network of volumes halves. */
const fewestSlices = 16;

function shrunk(shape: readonly number[], voxels: number): Patch {
  const sides = shape.map((side) => Math.max(stride, Math.round(side / stride) * stride));
  while (voxelCount({ shape: sides }) > voxels && sides.some((side) => side > stride)) {
    const share = (axis: number) => (sides[axis] > stride ? sides[axis] / shape[axis] : Number.NEGATIVE_INFINITY);
    const longest = [0, 1, 2].reduce((best, axis) => (share(axis) > share(best) ? axis : best), 0);
    sides[longest] -= stride;
  }
  return [sides[0], sides[1], sides[2]];
}

/** The median volume at the spacing that networks of volumes work at. @param cases at least one */
export function medianVolume(cases: readonly CaseFingerprint[], resample: readonly number[] | undefined) {
  const shapes = cases.map(({ shape, spacing }) =>
    resample && spacing
      ? shape.map((side, axis) => Math.max(1, Math.round((side * spacing[axis]) / resample[axis])))
      : shape,
  );
  const spacings = cases.flatMap(({ spacing }) => (spacing ? [spacing] : []));
  return { shape: medians(shapes) as number[], spacing: resample ? [...resample] : medians(spacings) };
}

/** From the smallest to the median volume's size. */
export function candidatePatches(median: readonly number[]): Patch[] {
  const patches = budgets.map((voxels) => shrunk(median, voxels));
  return patches.filter((patch, i) => i === 0 || voxelCount({ shape: patch }) > voxelCount({ shape: patches[i - 1] }));
}

/** Why a network of volumes is no choice, as the rest of a sentence; null where it is one. */
export function whyNotVolumes({ shape, spacing }: ReturnType<typeof medianVolume>): string | null {
  if (shape[0] < fewestSlices)
    return `the median volume has ${Math.round(shape[0])} slices, fewer than ${fewestSlices}`;
  if (!spacing) return "nobody says how far voxels are apart";
  const ratio = Math.max(...spacing) / Math.min(...spacing);
  if (ratio < anisotropic) return null;
  return `voxels are ${ratio.toFixed(1)} times as long as wide, and from ${anisotropic} times on nnU-Net takes volumes for stacks of slices`;
}
