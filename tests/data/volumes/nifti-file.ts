/** NIfTI files from the ground up, byte by byte from nifti1.h and nifti2.h, sharing no code with the product. */

export interface NiftiFacts {
  version?: 1 | 2;
  bigEndian?: boolean;
  /** dim[1] … dim[rank] */
  dim: readonly number[];
  datatype: number;
  /** Bytes of the values, in the file's order of bytes. */
  data: Buffer;
  pixdim?: readonly number[];
  qfac?: number;
  slope?: number;
  inter?: number;
  units?: number;
  /** Code, quaternion b c d and offsets. */
  qform?: readonly [code: number, ...parts: number[]];
  /** Code and the rows of the affine, RAS. */
  sform?: readonly [code: number, ...rows: number[]];
  pair?: boolean;
  offset?: number;
}

/** The header, with its four bytes of extension after it unless it is of a pair. */
export function niftiHeader(facts: NiftiFacts): Buffer {
  const { version = 1, bigEndian = false, dim, datatype, pixdim = [1, 1, 1], qfac = 1, slope = 1, inter = 0 } = facts;
  const { units = 2, qform = [0], sform = [0], pair = false } = facts;
  const two = version === 2;
  const size = two ? 540 : 348;
  const file = Buffer.alloc(size + (pair ? 0 : 4));
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const le = !bigEndian;
  const float = (at: number, i: number, value: number) =>
    two ? view.setFloat64(at + 8 * i, value, le) : view.setFloat32(at + 4 * i, value, le);
  const code = (at: number, value: number) => (two ? view.setInt32(at, value, le) : view.setInt16(at, value, le));
  view.setInt32(0, size, le);
  file.write(`n${pair ? "i" : "+"}${version}\0${two ? "\r\n\x1a\n" : ""}`, two ? 4 : 344, "latin1");
  const dims = [dim.length, ...dim, ...Array(7 - dim.length).fill(1)];
  dims.forEach((extent, i) => {
    if (two) view.setBigInt64(16 + 8 * i, BigInt(extent), le);
    else view.setInt16(40 + 2 * i, extent, le);
  });
  view.setInt16(two ? 12 : 70, datatype, le);
  [qfac, ...pixdim].forEach((value, i) => {
    float(two ? 104 : 76, i, value);
  });
  const offset = facts.offset ?? (pair ? 0 : size + 4);
  if (two) view.setBigInt64(168, BigInt(offset), le);
  else view.setFloat32(108, offset, le);
  float(two ? 176 : 112, 0, slope);
  float(two ? 184 : 116, 0, inter);
  if (two) view.setInt32(500, units, le);
  else view.setUint8(123, units);
  code(two ? 344 : 252, qform[0]);
  code(two ? 348 : 254, sform[0]);
  qform.slice(1).forEach((value, i) => {
    float(two ? 352 : 256, i, value);
  });
  sform.slice(1).forEach((value, i) => {
    float(two ? 400 : 280, i, value);
  });
  return file;
}

/** A whole file of its own. */
export function niftiFile(facts: NiftiFacts): Buffer {
  return Buffer.concat([niftiHeader(facts), facts.data]);
}
