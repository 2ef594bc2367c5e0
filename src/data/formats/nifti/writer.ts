/**
 * NIfTI files of images and label maps. What is written anew is version 1, little-endian, with the place as an affine and,
 * where its axes are at right angles, as a quaternion too; beside a NIfTI file its place is taken over as it stands there,
 * so that the two agree to the bit. Nothing else of that file is: descriptions may name the patient.
 */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { UsageError } from "../../../core/errors.js";
import { type Grid, sameGrid, shapeText } from "../../../grid/grid.js";
import {
  bytesOfSample,
  type SampleType,
  type StoredImage,
  sampleBytes,
  sampleType,
} from "../../../grid/stored-image.js";
import { cross, dot } from "../../../grid/vector.js";
import { maxVolumeBytes } from "../format.js";
import { type Placement, placementOf, turned } from "../placement.js";
import { NiftiFields } from "./header.js";
import { niftiFields, niftiGrid } from "./nifti.js";

const typeCodes: Readonly<Record<SampleType, number>> = {
  uint8: 2,
  int16: 4,
  int32: 8,
  float32: 16,
  float64: 64,
  int8: 256,
  uint16: 512,
  uint32: 768,
};

/** The code for scanner coordinates, in both forms. */
const scannerCode = 1;
const millimetres = 2;
/** Axes are at right angles up to this cosine: what directions of six digits leave. */
const rightAngle = 1e-5;
/** Sides of version 1 are 16-bit numbers. */
const longestSide = 32767;

/** How a NIfTI file is written. */
export interface NiftiOptions {
  /** Whether the file is a gzip file, as `.nii.gz` says. */
  readonly packed: boolean;
  /** The beginning of a NIfTI file on the same grid, packed or not, of which the new one keeps the place to the bit. */
  readonly like?: Uint8Array;
}

/** The (b, c, d) of a rotation with these columns, each of length 1, as a quaternion (a, b, c, d) with a ≥ 0. */
function quaternionOf([x, y, z]: readonly (readonly number[])[]): number[] {
  // Four times the square of each part, and from the largest one the others (Shepperd 1978).
  const squares = [1 + x[0] + y[1] + z[2], 1 + x[0] - y[1] - z[2], 1 - x[0] + y[1] - z[2], 1 - x[0] - y[1] + z[2]];
  const products = [
    [squares[0], y[2] - z[1], z[0] - x[2], x[1] - y[0]],
    [y[2] - z[1], squares[1], x[1] + y[0], z[0] + x[2]],
    [z[0] - x[2], x[1] + y[0], squares[2], y[2] + z[1]],
    [x[1] - y[0], z[0] + x[2], y[2] + z[1], squares[3]],
  ];
  const largest = squares.indexOf(Math.max(...squares));
  const [a, ...rest] = products[largest].map((product) => product / (2 * Math.sqrt(squares[largest])));
  return rest.map((part) => (a < 0 ? -part : part));
}

/** Writes a place in RAS: rows always, the quaternion where it can say the same. */
function writePlace(fields: NiftiFields, { axes, origin }: Placement): void {
  const lengths = axes.map((axis) => Math.hypot(...axis));
  const unit = axes.map((axis, i) => axis.map((value) => value / lengths[i]));
  const [x, y, z] = unit;
  fields.set("rows", ...[0, 1, 2].flatMap((r) => [...axes.map((axis) => axis[r]), origin[r]]));
  fields.set("sform", scannerCode);
  const sign = dot(cross(x, y), z) < 0 ? -1 : 1;
  fields.set("pixdim", sign, ...lengths);
  if (Math.max(...[dot(x, y), dot(y, z), dot(z, x)].map(Math.abs)) > rightAngle) return;
  fields.set("quaternion", ...quaternionOf([x, y, z.map((value) => sign * value)]));
  fields.set("qoffset", ...origin);
  fields.set("qform", scannerCode);
}

/** The place of a volume, and of a picture with an axis of 1 mm that stands on it. */
function spatial({ axes, origin }: Placement): Placement {
  const lps = axes.length === 3 ? axes : [...axes, normalOf(axes)];
  return { axes: lps.map(turned), origin: turned(origin) };
}

function normalOf([x, y]: readonly (readonly number[])[]): number[] {
  const normal = cross(x, y);
  return normal.map((value) => value / Math.hypot(...normal));
}

/** @throws UsageError where the grids differ */
function copyPlace(fields: NiftiFields, like: NiftiFields, grid: Grid): void {
  const own = niftiGrid(like, "encodeNifti");
  if (!sameGrid(own, grid))
    throw new UsageError(
      `encodeNifti: the image is ${shapeText(grid)} voxels, but is to be written like a file of ${shapeText(own)} or at ` +
        "another place; give the file that it came from",
    );
  fields.set("pixdim", ...like.list("pixdim", 4));
  for (const name of ["units", "qform", "sform"] as const) fields.set(name, like.get(name));
  fields.set("quaternion", ...like.list("quaternion", 3));
  fields.set("qoffset", ...like.list("qoffset", 3));
  fields.set("rows", ...like.list("rows", 12));
}

/**
 * A NIfTI file of an image or a label map, its values in their order. Several channels become the fourth axis.
 * @returns the file's bytes, the same for the same image
 * @throws UsageError when the image is not on the grid of `like`, or takes more than 2 GiB
 * @example await writeFile("mask.nii.gz", await encodeNifti({ grid, channels: 1, samples: labels }, { packed: true }));
 */
export async function encodeNifti(image: StoredImage, { packed, like }: NiftiOptions): Promise<Buffer> {
  const { grid, channels, samples } = image;
  if (samples.byteLength > maxVolumeBytes)
    throw new UsageError(`encodeNifti: the image takes ${samples.byteLength} bytes; NIfTI files here take up to 2 GiB`);
  const { extents, placement } = placementOf(grid);
  const source = like && niftiFields(like);
  const fields = NiftiFields.blank(source?.version ?? (Math.max(...extents) > longestSide ? 2 : 1));
  const dims = channels === 1 ? extents : [...extents, ...Array(3 - extents.length).fill(1), channels];
  fields.set("dim", dims.length, ...dims, ...Array(7 - dims.length).fill(1));
  fields.set("pixdim", 1, 1, 1, 1, ...(channels === 1 ? [] : [1]));
  fields.set("datatype", typeCodes[sampleType(samples)]);
  fields.set("bitpix", 8 * bytesOfSample(sampleType(samples)));
  fields.set("offset", fields.bytes.length);
  fields.set("slope", 1);
  fields.set("units", millimetres);
  if (source) copyPlace(fields, source, grid);
  else if (placement) writePlace(fields, spatial(placement));
  else if (grid.spacing) fields.set("pixdim", 1, ...[...grid.spacing].reverse());
  const file = Buffer.concat([fields.bytes, sampleBytes(samples)]);
  // What nibabel packs with: higher levels take many times as long for little.
  return packed ? promisify(gzip)(file, { level: 1 }) : file;
}
