/**
 * The header of NIfTI-1 and NIfTI-2: the same fields, at other places and in wider types. All that is read or written of
 * it is named once, in two layouts.
 */
import { DataError } from "../../../core/errors.js";
import { type Placement, turned } from "../placement.js";

type Kind = "Uint8" | "Int16" | "Int32" | "BigInt64" | "Float32" | "Float64";
type Field = readonly [at: number, kind: Kind];

const kindBytes: Readonly<Record<Kind, number>> = { Uint8: 1, Int16: 2, Int32: 4, BigInt64: 8, Float32: 4, Float64: 8 };

/** Where the fields of a version stand; arrays begin there. */
const layouts = {
  1: {
    bytes: 348,
    magicAt: 344,
    fields: {
      dim: [40, "Int16"],
      datatype: [70, "Int16"],
      bitpix: [72, "Int16"],
      pixdim: [76, "Float32"],
      offset: [108, "Float32"],
      slope: [112, "Float32"],
      intercept: [116, "Float32"],
      units: [123, "Uint8"],
      qform: [252, "Int16"],
      sform: [254, "Int16"],
      quaternion: [256, "Float32"],
      qoffset: [268, "Float32"],
      rows: [280, "Float32"],
    },
  },
  2: {
    bytes: 540,
    magicAt: 4,
    fields: {
      datatype: [12, "Int16"],
      bitpix: [14, "Int16"],
      dim: [16, "BigInt64"],
      pixdim: [104, "Float64"],
      offset: [168, "BigInt64"],
      slope: [176, "Float64"],
      intercept: [184, "Float64"],
      qform: [344, "Int32"],
      sform: [348, "Int32"],
      quaternion: [352, "Float64"],
      qoffset: [376, "Float64"],
      rows: [400, "Float64"],
      units: [500, "Int32"],
    },
  },
} as const satisfies Record<
  number,
  { readonly bytes: number; readonly magicAt: number; readonly fields: Readonly<Record<string, Field>> }
>;

type FieldName = keyof (typeof layouts)[1]["fields"];
export type NiftiVersion = keyof typeof layouts;

/** The fields of a header in memory, for reading and writing. */
export class NiftiFields {
  /** @param bytes at least a header of this version */
  constructor(
    readonly bytes: Buffer,
    readonly version: NiftiVersion,
    readonly littleEndian: boolean,
  ) {}

  /**
   * Finds out version and byte order.
   * @returns undefined where bytes begin otherwise than a header; they may end before it does
   */
  static open(bytes: Uint8Array): NiftiFields | undefined {
    if (bytes.length < 4) return undefined;
    const own = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const version of [1, 2] as const)
      for (const littleEndian of [true, false])
        if ((littleEndian ? own.readInt32LE(0) : own.readInt32BE(0)) === layouts[version].bytes)
          return new NiftiFields(own, version, littleEndian);
    return undefined;
  }

  /** A header that is all zero but for its version. */
  static blank(version: NiftiVersion): NiftiFields {
    const { bytes, magicAt } = layouts[version];
    const header = Buffer.alloc(bytes + 4);
    header.writeInt32LE(bytes, 0);
    header.write(version === 1 ? "n+1\0" : "n+2\0\r\n\x1a\n", magicAt, "latin1");
    return new NiftiFields(header, version, true);
  }

  get headerBytes(): number {
    return layouts[this.version].bytes;
  }

  /** Its second word: a file of its own, half of a pair, or nothing, as of Analyze. */
  get kind(): "single" | "pair" | "none" {
    const { magicAt } = layouts[this.version];
    const magic = this.bytes.toString("latin1", magicAt, magicAt + 4);
    if (magic === `n+${this.version}\0`) return "single";
    return magic === `ni${this.version}\0` ? "pair" : "none";
  }

  get(name: FieldName, index = 0): number {
    const { view, at, kind } = this.place(name, index);
    return Number(view[`get${kind}`](at, this.littleEndian));
  }

  /** The first `count` numbers of an array. */
  list(name: FieldName, count: number): number[] {
    return Array.from({ length: count }, (_, index) => this.get(name, index));
  }

  set(name: FieldName, ...values: readonly number[]): void {
    values.forEach((value, index) => {
      const { view, at, kind } = this.place(name, index);
      if (kind === "BigInt64") view.setBigInt64(at, BigInt(value), this.littleEndian);
      else view[`set${kind}`](at, value, this.littleEndian);
    });
  }

  private place(name: FieldName, index: number) {
    const [start, kind]: Field = layouts[this.version].fields[name];
    const { buffer, byteOffset, byteLength } = this.bytes;
    return { view: new DataView(buffer, byteOffset, byteLength), at: start + index * kindBytes[kind], kind };
  }
}

/** Millimetres by the code of the header; files that say no unit mean them. */
const unitMillimetres: Readonly<Record<number, number>> = { 1: 1000, 2: 1, 3: 0.001 };

/**
 * A rotation's quaternion is (a, b, c, d); where a² is less, the header's type of number cannot tell it from zero, as
 * nifti1_io.c has it for float32.
 */
const leastSquares: Readonly<Record<NiftiVersion, number>> = { 1: 1e-7, 2: 1e-15 };
/** Lengths of (b, c, d) up to here are rounding. */
const longest = 1.001;

/** Placement by quaternion, in the file's unit and RAS. */
function byQuaternion(fields: NiftiFields, file: string): Placement {
  const [sign, ...sizes] = fields.list("pixdim", 4);
  const stored = fields.list("quaternion", 3);
  const length = Math.hypot(...stored);
  if (!(length <= longest) || !sizes.every((size) => size > 0 && Number.isFinite(size)))
    throw new DataError(`${file}: its qform is no rotation with voxel sizes; mend its header`);
  const square = 1 - length * length;
  const a = square < leastSquares[fields.version] ? 0 : Math.sqrt(square);
  const [b, c, d] = a === 0 ? stored.map((value) => value / length) : stored;
  const axes = [
    [a * a + b * b - c * c - d * d, 2 * (b * c + a * d), 2 * (b * d - a * c)],
    [2 * (b * c - a * d), a * a + c * c - b * b - d * d, 2 * (c * d + a * b)],
    [2 * (b * d + a * c), 2 * (c * d - a * b), a * a + d * d - b * b - c * c],
  ].map((axis, i) => axis.map((value) => value * sizes[i] * (i === 2 && sign < 0 ? -1 : 1)));
  return { axes, origin: fields.list("qoffset", 3) };
}

/** Placement by the affine's rows, in the file's unit and RAS. */
function byRows(fields: NiftiFields): Placement {
  const rows = fields.list("rows", 12);
  const column = (c: number) => [rows[c], rows[4 + c], rows[8 + c]];
  return { axes: [0, 1, 2].map(column), origin: column(3) };
}

/** Where a header's values lie: its affine before its quaternion, as nibabel and ITK take them. */
export interface NiftiPlace {
  /** Of three axes; null where neither has a code. */
  readonly placement: Placement | null;
  /** Millimetres along three axes, of a header without placement; null where it says none. */
  readonly spacing: readonly number[] | null;
}

/** @throws DataError when voxel sizes are NaN, or the quaternion says no rotation */
export function placeOf(fields: NiftiFields, file: string): NiftiPlace {
  const scale = unitMillimetres[fields.get("units") & 7] ?? 1;
  const [hasRows, hasQuaternion] = [fields.get("sform") > 0, fields.get("qform") > 0];
  if (hasRows || hasQuaternion) {
    const { axes, origin } = hasRows ? byRows(fields) : byQuaternion(fields, file);
    const lps = (vector: readonly number[]) => turned(vector.map((value) => value * scale));
    return { placement: { axes: axes.map(lps), origin: lps(origin) }, spacing: null };
  }
  const sizes = [1, 2, 3].map((axis) => Math.abs(fields.get("pixdim", axis)) * scale);
  if (!sizes.every(Number.isFinite))
    throw new DataError(`${file}: has voxel sizes that are NaN or infinite; mend its header`);
  return { placement: null, spacing: sizes.every((size) => size > 0) ? sizes : null };
}
