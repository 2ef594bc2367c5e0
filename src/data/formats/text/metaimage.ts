/**
 * MetaImage: .mha and .mhd with a data file, compressed or not. World coordinates are ITK's, LPS, and the matrix holds a
 * direction a row. Own code: ITK-Wasm reads them rightly, but at six times the cost, with 100 MB of packages, and says of a
 * damaged file no more than a number.
 */
import { DataError } from "../../../core/errors.js";
import type { Grid } from "../../../grid/grid.js";
import { readBeside } from "../beside.js";
import { checkVoxels, type Format } from "../format.js";
import { isGzip, type Packing, valuesIn } from "../inflate.js";
import { placedGrid } from "../placement.js";
import { bytesOfValue, type ValueType } from "../stored-values.js";
import { oneDataFile, readsValues, type ValuesHeader } from "./format.js";
import { numbersOf, type TextField, textHeadBytes, wholeOf, wordOf } from "./header.js";

/** `long` has 4 bytes in files, whatever the machine. */
const valueTypes: ReadonlyMap<string, ValueType> = new Map([
  ["met_char", "int8"],
  ["met_ascii_char", "int8"],
  ["met_uchar", "uint8"],
  ["met_short", "int16"],
  ["met_ushort", "uint16"],
  ["met_int", "int32"],
  ["met_uint", "uint32"],
  ["met_long", "int32"],
  ["met_ulong", "uint32"],
  ["met_long_long", "int64"],
  ["met_ulong_long", "uint64"],
  ["met_float", "float32"],
  ["met_double", "float64"],
]);

const flags: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["t", true],
  ["1", true],
  ["false", false],
  ["f", false],
  ["0", false],
]);

/** Fields by the first of their names. */
const aliases: ReadonlyMap<string, string> = new Map([
  ["position", "offset"],
  ["origin", "offset"],
  ["rotation", "transformmatrix"],
  ["orientation", "transformmatrix"],
  ["elementbyteordermsb", "binarydatabyteordermsb"],
]);

interface Text {
  readonly fields: ReadonlyMap<string, TextField>;
  /** Where the header ends; undefined where its last field is missing. */
  readonly end: number | undefined;
}

/** The fields up to `ElementDataFile`, which is the last. */
function readText(bytes: Uint8Array, file: string): Text {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, textHeadBytes));
  const fields = new Map<string, TextField>();
  for (let at = 0; at < head.length; ) {
    const newline = head.indexOf("\n", at);
    const end = newline < 0 ? head.length : newline;
    const line = head.toString("latin1", at, end);
    at = end + 1;
    const equals = line.indexOf("=");
    if (equals < 0) continue;
    const name = line.slice(0, equals).trim();
    const key = name.toLowerCase();
    fields.set(aliases.get(key) ?? key, { file, name, text: line.slice(equals + 1).trim() });
    if (key === "elementdatafile") return { fields, end: Math.min(at, head.length) };
  }
  return { fields, end: undefined };
}

interface Header extends ValuesHeader {
  readonly isPacked: boolean;
  /** Bytes of the data file before the values; −1: they are its last bytes. */
  readonly skip: number;
}

/** The grid of the first two or three axes. */
function gridOf({ fields }: Text, sizes: readonly number[], file: string): Grid {
  const extents = sizes.slice(0, 3);
  const rank = sizes.length;
  const sized = fields.get("elementspacing") ?? fields.get("elementsize");
  const all = sized && numbersOf(sized, rank).map(Math.abs);
  if (all && !all.slice(0, 3).every((size) => size > 0 && Number.isFinite(size)))
    throw new DataError(`${file}: its spacing is ${all.join(" x ")}; mend its header`);
  const spacing = all?.slice(0, extents.length) ?? null;
  const [offset, matrix] = [fields.get("offset"), fields.get("transformmatrix")];
  // Two axes lie in a plane of their own, not in a patient.
  if (extents.length < 3 || (!offset && !matrix)) return placedGrid(file, extents, null, spacing);
  const identity = Array.from({ length: rank * rank }, (_, i) => (i % (rank + 1) === 0 ? 1 : 0));
  const rows = matrix ? numbersOf(matrix, rank * rank) : identity;
  const axes = extents.map((_, axis) =>
    rows.slice(rank * axis, rank * axis + 3).map((part) => part * (spacing?.[axis] ?? 1)),
  );
  const origin = offset ? numbersOf(offset, rank).slice(0, 3) : [0, 0, 0];
  return placedGrid(file, extents, { axes, origin });
}

function needed({ fields }: Text, name: string, file: string): TextField {
  const field = fields.get(name.toLowerCase());
  if (field) return field;
  throw new DataError(`${file}: its header lacks ${name}; replace it`);
}

function dataFileOf(field: TextField): string | undefined {
  const { file, text } = field;
  return text.toLowerCase() === "local" ? undefined : oneDataFile(text, file);
}

/** The channels of an axis after the third, or of each voxel. */
function channelsOf(sizes: readonly number[], perVoxel: number, file: string): number {
  const others = sizes.slice(3).filter((size) => size !== 1);
  if (sizes.length >= 2 && others.length + (perVoxel > 1 ? 1 : 0) <= 1) return (others[0] ?? 1) * perVoxel;
  throw new DataError(
    `${file}: has ${sizes.length} axes (${sizes.join(" x ")}) of ${perVoxel} channels; dimseg reads images of two or ` +
      "three, and a fourth for channels, so divide it",
  );
}

function readHeader(bytes: Uint8Array, file: string): Header {
  const text = readText(bytes, file);
  if (text.end === undefined) throw new DataError(`${file}: the MetaImage is truncated within its header; replace it`);
  const optional = <T>(name: string, read: (field: TextField) => T, otherwise: T) => {
    const field = text.fields.get(name.toLowerCase());
    return field ? read(field) : otherwise;
  };
  const flag = (name: string, otherwise: boolean) => optional(name, (field) => wordOf(field, flags), otherwise);
  const rank = wholeOf(needed(text, "NDims", file));
  if (rank < 1 || rank > 10) throw new DataError(`${file}: declares ${rank} axes; replace it`);
  const declared = numbersOf(needed(text, "DimSize", file), rank);
  const type = wordOf(needed(text, "ElementType", file), valueTypes);
  const perVoxel = optional("ElementNumberOfChannels", wholeOf, 1);
  const stored = bytesOfValue(type);
  checkVoxels([...declared, perVoxel], file, stored);
  if (!flag("BinaryData", true))
    throw new DataError(`${file}: has its values as text, which is not read; save it with BinaryData = True`);
  return {
    channels: channelsOf(declared, perVoxel, file),
    grid: gridOf(text, declared, file),
    littleEndian: !flag("BinaryDataByteOrderMSB", false),
    isInterleaved: perVoxel > 1,
    isPacked: flag("CompressedData", false),
    dataFile: dataFileOf(needed(text, "ElementDataFile", file)),
    skip: optional("HeaderSize", wholeOf, 0),
    bytes: declared.reduce((product, size) => product * size, stored * perVoxel),
    end: text.end,
    type,
  };
}

async function valueBytes(whole: Uint8Array, header: Header, file: string): Promise<Uint8Array> {
  const { dataFile, end, skip, bytes, isPacked } = header;
  const data = dataFile === undefined ? whole.subarray(end) : await readBeside(file, [dataFile]);
  if (!isPacked && skip === -1) return valuesIn(data, { skip, bytes }, file);
  const packing: Packing | undefined = isPacked ? (isGzip(data) ? "gzip" : "zlib") : undefined;
  return valuesIn(data, { skip: dataFile === undefined ? 0 : skip, bytes, packing }, file);
}

export const metaImageFormat: Format = {
  name: "MetaImage",
  summary: "volumes and 2-D images, compressed or not, as .mha or .mhd with a data file; a fourth axis is channels",
  source: "MetaIO's documentation (ITK); own code",
  extensions: ["mha", "mhd"],
  sniff: (head) => {
    const text = Buffer.from(head).toString("latin1");
    return /^\w+[ \t]*=/.test(text) && /^NDims[ \t]*=/im.test(text);
  },
  ...readsValues(readHeader, valueBytes),
};
