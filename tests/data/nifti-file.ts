/** Writes small NIfTI-1 files, with a writer that shares no code with the reader. */
import { gzipSync } from "node:zlib";

export type NiftiType = "uint8" | "int16" | "float32";

const types = {
  uint8: { code: 2, bytes: 1 },
  int16: { code: 4, bytes: 2 },
  float32: { code: 16, bytes: 4 },
} as const;

/** A volume as NIfTI orders it: the first axis is the fastest. */
export interface NiftiVolume {
  /** Extents of x, y, z, and of channels where there are several. */
  readonly extents: readonly number[];
  readonly values: ArrayLike<number>;
  readonly type?: NiftiType;
  /** Rows x, y, z of the affine in RAS; without it the file says nothing of where it lies. */
  readonly affine?: readonly (readonly number[])[];
  /** Voxel sizes of a file without affine. */
  readonly spacing?: readonly number[];
}

/** The bytes of a `.nii.gz`, or with `plain` of a `.nii`. */
export function niftiFile({ extents, values, type = "int16", affine, spacing }: NiftiVolume, plain = false): Buffer {
  const { code, bytes } = types[type];
  const file = Buffer.alloc(352 + values.length * bytes);
  file.writeInt32LE(348, 0);
  [extents.length, ...extents, ...Array(7 - extents.length).fill(1)].forEach((extent, i) => {
    file.writeInt16LE(extent, 40 + 2 * i);
  });
  file.writeInt16LE(code, 70);
  file.writeInt16LE(8 * bytes, 72);
  const sizes =
    spacing ?? (affine ? [0, 1, 2].map((axis) => Math.hypot(...affine.map((row) => row[axis]))) : [1, 1, 1]);
  [1, ...sizes].forEach((size, i) => {
    file.writeFloatLE(size, 76 + 4 * i);
  });
  file.writeFloatLE(352, 108);
  file[123] = 2;
  if (affine) {
    file.writeInt16LE(1, 254);
    affine.flat().forEach((value, i) => {
      file.writeFloatLE(value, 280 + 4 * i);
    });
  }
  file.write("n+1\0", 344, "latin1");
  for (let i = 0; i < values.length; i++) {
    const at = 352 + i * bytes;
    if (type === "uint8") file[at] = values[i];
    else if (type === "int16") file.writeInt16LE(values[i], at);
    else file.writeFloatLE(values[i], at);
  }
  return plain ? file : gzipSync(file);
}

/** What the header of an uncompressed NIfTI-1 file says of its place, byte for byte. */
export function placeBytes(file: Buffer): Buffer {
  return Buffer.concat([file.subarray(40, 56), file.subarray(76, 108), file.subarray(252, 328)]);
}
