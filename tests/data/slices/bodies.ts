/** A small set of volumes: a bright ball in noise at each site, stored in an order of axes of the site's own. */
import { join } from "node:path";
import { put } from "../files.js";
import { type NiftiType, niftiFile } from "../nifti-file.js";

/** How a site stores its volumes: for the file's axes, fastest first, the body's axis (0 right, 1 anterior, 2 superior). */
export interface Site {
  readonly axes: readonly number[];
  /** Whether each of them runs against its letter of RAS. */
  readonly reversed: readonly boolean[];
  /** Extents and mm along the body's axes. */
  readonly extents: readonly number[];
  readonly sizes: readonly number[];
  readonly type?: NiftiType;
}

/** RAS and LPS with thick axial slices, and sagittal storage of the same body. */
export const sites: Record<string, Site> = {
  A: { axes: [0, 1, 2], reversed: [false, false, false], extents: [20, 20, 6], sizes: [1, 1, 3] },
  B: { axes: [0, 1, 2], reversed: [true, true, false], extents: [24, 20, 5], sizes: [1, 1, 4], type: "float32" },
};

/** Where a body's voxel is stored. */
function storedAt({ axes, reversed, extents }: Site, body: readonly number[]): number {
  let [index, step] = [0, 1];
  axes.forEach((axis, a) => {
    index += step * (reversed[a] ? extents[axis] - 1 - body[axis] : body[axis]);
    step *= extents[axis];
  });
  return index;
}

function affineOf({ axes, reversed, extents, sizes }: Site): number[][] {
  const columns = axes.map((axis, a) => [0, 1, 2].map((r) => (r === axis ? sizes[axis] * (reversed[a] ? -1 : 1) : 0)));
  const origin = [0, 0, 0];
  axes.forEach((axis, a) => {
    origin[axis] = (reversed[a] ? extents[axis] - 1 : 0) * sizes[axis];
  });
  return [0, 1, 2].map((r) => [...columns.map((column) => column[r]), origin[r]]);
}

/** A value for each voxel of a body, as its site stores them. */
export function storedBody(site: Site, valueAt: (right: number, anterior: number, superior: number) => number) {
  const [width, depth, height] = site.extents;
  const values = new Float64Array(width * depth * height);
  for (let z = 0; z < height; z++)
    for (let y = 0; y < depth; y++)
      for (let x = 0; x < width; x++) values[storedAt(site, [x, y, z])] = valueAt(x, y, z);
  return { extents: site.axes.map((axis) => site.extents[axis]), values, affine: affineOf(site) };
}

/** Pseudo-random, 0 … 1, the same each time. */
function noise(...at: readonly number[]): number {
  const value = Math.sin(at.reduce((sum, one, i) => sum + one * (12.9898 + 7.233 * i), 1)) * 43758.5453;
  return value - Math.floor(value);
}

/** Writes a volume `NAME.nii.gz` with its mask: 1 in a ball to the right, in front of and below the middle. */
export function putVolume(folder: string, name: string, site: Site, seed: number, mask = true): string {
  const [width, depth, height] = site.extents;
  const centre = [0.35 * width, 0.6 * depth, 0.4 * height];
  const inside = (x: number, y: number, z: number) =>
    Math.hypot(x - centre[0], y - centre[1], (z - centre[2]) * (site.sizes[2] / site.sizes[0])) <
    0.2 * width + (seed % 3);
  const image = storedBody(site, (x, y, z) =>
    Math.round(200 * noise(x, y, z, seed) + (inside(x, y, z) ? 900 : 100) + 3 * x),
  );
  put(join(folder, "images", `${name}.nii.gz`), niftiFile({ ...image, type: site.type ?? "int16" }));
  const label = storedBody(site, (x, y, z) => (inside(x, y, z) ? 1 : 0));
  if (mask) put(join(folder, "masks", `${name}.nii.gz`), niftiFile({ ...label, type: "uint8" }));
  return join(folder, "images", `${name}.nii.gz`);
}

/** Two sites of `count` volumes each, in `SITE/{images,masks}`. */
export function putVolumes(root: string, count: number): void {
  for (const [name, site] of Object.entries(sites))
    for (let i = 0; i < count; i++) putVolume(join(root, name), `case_${i}`, site, i);
}
