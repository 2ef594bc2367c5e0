/**
 * NIfTI-1 and NIfTI-2, single files and pairs, gzip or not, in either byte order. Own code: of the npm packages tried,
 * ITK-Wasm gives zeros for what a cut file lacks, adds the intercept at slope 0 (the standard: values as stored), and
 * reads neither NIfTI-2 nor shear; nifti-reader-js leaves the slope to its caller and does not notice a cut file; both
 * take several times the memory. Samples stay in the file's order, which is `[C, z, y, x]` with the first axis as x.
 */
import { basename } from "node:path";
import { DataError } from "../../../core/errors.js";
import type { Grid } from "../../../grid/grid.js";
import { deinterleave } from "../../../grid/interleave.js";
import type { Samples, SampleType } from "../../../grid/stored-image.js";
import { readBeside } from "../beside.js";
import { checkVoxels, type Format, maxVolumeBytes } from "../format.js";
import { inflateStart, isGzip, valuesIn } from "../inflate.js";
import { placedGrid } from "../placement.js";
import { bytesOfValue, samplesOf, sampleTypeOf, type ValueType } from "../stored-values.js";
import { NiftiFields, placeOf } from "./header.js";

/** By the header's code; 128 holds three bytes side by side. */
const valueTypes: Readonly<Record<number, ValueType>> = {
  2: "uint8",
  4: "int16",
  8: "int32",
  16: "float32",
  64: "float64",
  128: "uint8",
  256: "int8",
  512: "uint16",
  768: "uint32",
  1024: "int64",
  1280: "uint64",
};
const rgbType = 128;

/** Codes of the standard that are not read, as messages name them. */
const otherTypes: Readonly<Record<number, string>> = {
  1: "single bits",
  32: "complex numbers",
  1536: "float128",
  1792: "complex numbers",
  2048: "complex numbers",
  2304: "RGBA colours",
};

/** Packed bytes that hold any header. */
const headBytes = 4096;

interface Header {
  readonly grid: Grid;
  readonly channels: number;
  readonly type: ValueType;
  readonly littleEndian: boolean;
  /** Whether three bytes lie side by side. */
  readonly isRgb: boolean;
  /** Values are stored · slope + intercept. */
  readonly slope: number;
  readonly intercept: number;
  /** Whether the values lie in another file. */
  readonly isPair: boolean;
  /** Bytes before the values. */
  readonly skip: number;
  /** How many bytes they are. */
  readonly bytes: number;
}

/** The fields of a file's header, packed or not; undefined where it begins otherwise than NIfTI. */
export function niftiFields(bytes: Uint8Array): NiftiFields | undefined {
  const plain = isGzip(bytes) ? inflateStart(bytes, headBytes) : bytes.subarray(0, headBytes);
  return plain && NiftiFields.open(plain);
}

/** Extents along the axes, first axis fastest, without those of 1 after the third. */
function extentsOf(fields: NiftiFields, file: string): number[] {
  const rank = fields.get("dim");
  if (rank < 1 || rank > 7) throw new DataError(`${file}: declares ${rank} axes; replace it`);
  const extents = fields.list("dim", rank + 1).slice(1);
  while (extents.length > 3 && extents.at(-1) === 1) extents.pop();
  if (extents.length >= 2 && extents.length <= 4) return extents;
  throw new DataError(
    `${file}: has ${extents.length === 1 ? "one axis" : `${extents.length} axes`} (${extents.join(" x ")}); ` +
      "dimseg reads images of two or three, and a fourth for channels, so divide it",
  );
}

/** The grid that a header says. @throws DataError when it has other axes than dimseg reads, or lies nowhere */
export function niftiGrid(fields: NiftiFields, file: string): Grid {
  const extents = extentsOf(fields, file).slice(0, 3);
  const { placement, spacing } = placeOf(fields, file);
  const place = placement && { ...placement, axes: placement.axes.slice(0, extents.length) };
  return placedGrid(file, extents, place, spacing?.slice(0, extents.length));
}

/** Slope and intercept; a slope that is 0 or no number means values as stored. */
function scaleOf(fields: NiftiFields, file: string): Pick<Header, "slope" | "intercept"> {
  const [slope, intercept] = [fields.get("slope"), fields.get("intercept")];
  if (slope === 0 || !Number.isFinite(slope)) return { slope: 1, intercept: 0 };
  if (Number.isFinite(intercept)) return { slope, intercept };
  throw new DataError(`${file}: scales its values by ${slope} and ${intercept}; mend its header`);
}

/** What values become: a scaled one of 8 or 16 bits fits into float32. */
function outcome({
  type,
  isRgb,
  slope,
  intercept,
}: Pick<Header, "type" | "isRgb" | "slope" | "intercept">): SampleType {
  if (isRgb || (slope === 1 && intercept === 0)) return sampleTypeOf(type);
  return bytesOfValue(type) <= 2 || type === "float32" ? "float32" : "float64";
}

function readHeader(bytes: Uint8Array, file: string): Header {
  const fields = niftiFields(bytes);
  if (!fields || fields.bytes.length < fields.headerBytes)
    throw new DataError(`${file}: the NIfTI is truncated within its header; replace it`);
  const { kind, littleEndian } = fields;
  if (kind === "none")
    throw new DataError(
      `${file}: is an Analyze 7.5 header, which does not say which side is left; convert it to NIfTI with what wrote it`,
    );
  const code = fields.get("datatype");
  const type = valueTypes[code];
  if (type === undefined)
    throw new DataError(
      `${file}: holds ${otherTypes[code] ?? `values of the unknown type ${code}`}, which are not read; save it as float32`,
    );
  const extents = extentsOf(fields, file);
  const isRgb = code === rgbType;
  if (isRgb && extents.length > 3)
    throw new DataError(`${file}: has colours and a fourth axis (${extents.join(" x ")}); divide it`);
  const scale = scaleOf(fields, file);
  const perVoxel = isRgb ? 3 : 1;
  const stored = bytesOfValue(type) * perVoxel;
  const decoded = bytesOfValue(outcome({ type, isRgb, ...scale })) * perVoxel;
  checkVoxels(extents, file, Math.max(stored, decoded));
  const offset = fields.get("offset");
  const isPair = kind === "pair";
  return {
    grid: niftiGrid(fields, file),
    channels: isRgb ? 3 : (extents[3] ?? 1),
    ...{ type, littleEndian, isRgb, isPair, ...scale },
    // Some writers leave it out, and no value lies within the header.
    skip: isPair ? offset : offset === 0 ? fields.headerBytes + 4 : Math.max(offset, fields.headerBytes),
    bytes: extents.reduce((product, extent) => product * extent, stored),
  };
}

/** The header's stem with the endings that the other half of a pair has. */
function dataNames(file: string): string[] {
  const stem = basename(file).replace(/\.hdr(?:\.gz)?$/i, "");
  return [".img", ".img.gz", ".IMG"].map((ending) => stem + ending);
}

/** The bytes of the values. */
async function valueBytes(whole: Uint8Array, header: Header, file: string): Promise<Uint8Array> {
  const data = header.isPair ? await readBeside(file, dataNames(file)) : whole;
  return valuesIn(data, { ...header, ...(isGzip(data) ? { packing: "gzip" } : {}) }, file);
}

function scaled(stored: Samples, header: Header): Samples {
  const { slope, intercept, isRgb } = header;
  if (isRgb || (slope === 1 && intercept === 0)) return stored;
  const samples = outcome(header) === "float32" ? new Float32Array(stored.length) : new Float64Array(stored.length);
  for (let i = 0; i < samples.length; i++) samples[i] = stored[i] * slope + intercept;
  return samples;
}

export const niftiFormat: Format = {
  name: "NIfTI",
  summary:
    "volumes and 2-D images of versions 1 and 2, gzip or not, single or as .hdr with .img; a fourth axis is channels",
  source: "nifti1.h and nifti2.h of the NIfTI Data Format Working Group; own code",
  extensions: ["nii", "nii.gz", "hdr", "hdr.gz"],
  maxFileBytes: maxVolumeBytes,
  headBytes,
  sniff: (head) => niftiFields(head) !== undefined,
  async read(bytes, file) {
    const header = readHeader(bytes, file);
    const { grid, channels, isRgb } = header;
    const stored = samplesOf(await valueBytes(bytes, header, file), header, file);
    return { grid, channels, samples: isRgb ? deinterleave(stored, 3) : scaled(stored, header) };
  },
  async header(bytes, file) {
    const header = readHeader(bytes, file);
    return { grid: header.grid, channels: header.channels, sampleType: outcome(header) };
  },
  beside: (bytes, file) => (readHeader(bytes, file).isPair ? dataNames(file) : []),
};
