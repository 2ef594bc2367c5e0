/** The mask of a volume that was segmented in the studio's page, as the file that `dimseg predict` writes. */
import { z } from "zod";
import { DataError } from "../../../core/errors.js";
import { unframed } from "../../../core/formats/framed-bytes.js";
import { encodeNifti } from "../../../data/formats/nifti/writer.js";
import { type Affine, makeGrid, voxelCount } from "../../../grid/grid.js";
import type { DroppedMask } from "../shown/dropped.js";

const axes = z.array(z.number()).max(3);
const row = z.array(z.number()).max(4);
/** Checked more closely by makeGrid. */
const schema = z.strictObject({
  grid: z.strictObject({
    shape: axes,
    spacing: axes.nullable(),
    toWorld: z.tuple([row, row, row]).nullable(),
  }),
  start: z.base64().max(8192).nullable(),
});

function headOf(head: unknown): DroppedMask {
  const { success, data } = schema.safeParse(head);
  if (!success) throw new DataError("the mask does not say where it lies; load the page again");
  return data as DroppedMask;
}

function messageOf(body: Uint8Array<ArrayBuffer>) {
  try {
    return unframed(body);
  } catch (cause) {
    throw new DataError("the mask did not come whole; save it again", { cause });
  }
}

/**
 * Encodes a mask that a page sent: a {@link DroppedMask} with its values, as framed bytes. Nothing is kept.
 * @returns the `.nii.gz` file
 * @throws DataError when it is none; UsageError for a grid that there cannot be, or another one than the file's
 */
export async function encodeDroppedMask(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const { head, bytes } = messageOf(body);
  const { grid: told, start } = headOf(head);
  const grid = makeGrid("the mask", told.shape, told.spacing, told.toWorld as Affine | null);
  if (bytes.length !== voxelCount(grid))
    throw new DataError(`the mask has ${bytes.length} values for ${voxelCount(grid)} voxels; save it again`);
  const mask = { grid, channels: 1, samples: bytes };
  const like = start === null ? {} : { like: Buffer.from(start, "base64") };
  return new Uint8Array(await encodeNifti(mask, { packed: true, ...like }));
}
