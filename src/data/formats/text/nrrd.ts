/**
 * NRRD: attached (.nrrd) and detached headers (.nhdr), raw and gzip, and 3D Slicer's segmentations (.seg.nrrd). Own code:
 * ITK-Wasm reads them rightly, but says of a damaged file no more than a number and brings 100 MB of packages; nrrd-js has
 * no types and no world coordinates. Axes without a direction are channels, first (side by side) or last (planes).
 */
import { DataError } from "../../../core/errors.js";
import type { Grid } from "../../../grid/grid.js";
import { readBeside } from "../beside.js";
import { checkVoxels, type Format, startsWith } from "../format.js";
import { type Packing, valuesIn } from "../inflate.js";
import { placedGrid } from "../placement.js";
import { bytesOfValue, type ValueType } from "../stored-values.js";
import { oneDataFile, readsValues, type ValuesHeader } from "./format.js";
import { numbersOf, type TextField, textHeadBytes, wholeOf, wordOf } from "./header.js";

/** The types by all their names. */
const valueTypes: ReadonlyMap<string, ValueType> = new Map(
  Object.entries({
    int8: ["signed char", "int8", "int8_t"],
    uint8: ["uchar", "unsigned char", "uint8", "uint8_t"],
    int16: ["short", "short int", "signed short", "signed short int", "int16", "int16_t"],
    uint16: ["ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"],
    int32: ["int", "signed int", "int32", "int32_t"],
    uint32: ["uint", "unsigned int", "uint32", "uint32_t"],
    int64: ["longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"],
    uint64: ["ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"],
    float32: ["float"],
    float64: ["double"],
  } satisfies Record<ValueType, readonly string[]>).flatMap(([type, names]) =>
    names.map((name): [string, ValueType] => [name, type as ValueType]),
  ),
);

const encodings: ReadonlyMap<string, Packing | "raw"> = new Map([
  ["raw", "raw"],
  ["gzip", "gzip"],
  ["gz", "gzip"],
]);

/** The sign of x and y in LPS, by the space's name; other spaces are not the patient's. */
const patientSpaces: ReadonlyMap<string, readonly [number, number]> = new Map(
  (
    [
      ["right-anterior-superior", "ras", [-1, -1]],
      ["left-anterior-superior", "las", [1, -1]],
      ["left-posterior-superior", "lps", [1, 1]],
    ] as const
  ).flatMap(([name, short, signs]) => [name, short, `${name}-time`, `${short}t`].map((one) => [one, signs] as const)),
);

const unitMillimetres: ReadonlyMap<string, number> = new Map([
  ["m", 1000],
  ["cm", 10],
  ["mm", 1],
  ["um", 0.001],
  ["micron", 0.001],
]);

/** Kinds of axes that are not space, where no direction says so. */
const spatialKinds = /^(?:domain|space|\?\?\?|none)$/i;

/** A header as text: fields by their names without spaces, and the keys of programs. */
interface Text {
  readonly fields: ReadonlyMap<string, TextField>;
  readonly keys: ReadonlyMap<string, string>;
  /** Where the header ends, an empty line included; undefined where none ends it. */
  readonly end: number | undefined;
}

/** Where the first empty line ends. */
function emptyLine(bytes: Buffer): number | undefined {
  for (let at = bytes.indexOf("\n"); at >= 0; at = bytes.indexOf("\n", at + 1)) {
    if (bytes[at + 1] === 0x0a) return at + 2;
    if (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) return at + 3;
  }
  return undefined;
}

function unescaped(text: string): string {
  return text.replace(/\\([n\\])/g, (_, char: string) => (char === "n" ? "\n" : "\\"));
}

function readText(bytes: Uint8Array, file: string): Text {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, textHeadBytes));
  const end = emptyLine(head);
  const fields = new Map<string, TextField>();
  const keys = new Map<string, string>();
  for (const line of head.toString("utf8", 0, end).split(/\r?\n/).slice(1)) {
    if (line.startsWith("#")) continue;
    // A line separator of Unicode (U+2028) ends no line of a header.
    const found = /^([^:]+)(:=|: ?)(.*)$/s.exec(line);
    if (!found) continue;
    const [, name, mark, text] = found;
    if (mark === ":=") keys.set(name, unescaped(text));
    else fields.set(name.replaceAll(" ", "").toLowerCase(), { file, name, text });
  }
  return { fields, keys, end };
}

interface Header extends ValuesHeader {
  readonly packing: Packing | undefined;
  readonly lineSkip: number;
  /** −1: the values are the last bytes. */
  readonly byteSkip: number;
}

/** Directions of the axes; undefined where the file gives none, within it where an axis has none. */
function directionsOf(field: TextField | undefined, rank: number): (number[] | undefined)[] | undefined {
  if (!field) return undefined;
  const words = field.text.match(/none|\([^()]*\)/gi) ?? [];
  if (words.length !== rank)
    throw new DataError(`${field.file}: gives ${words.length} space directions for ${rank} axes; mend its header`);
  return words.map((word) => (word.startsWith("(") ? vectorOf({ ...field, text: word }) : undefined));
}

function vectorOf(field: TextField): number[] {
  return numbersOf({ ...field, text: field.text.trim().replace(/^\(|\)$/g, "") });
}

/** Which axes are space, and which one is channels. */
function spaceOf(
  { fields }: Text,
  sizes: readonly number[],
  directions: (number[] | undefined)[] | undefined,
  file: string,
): { space: number[]; channelAxis: number | undefined } {
  const kinds = fields.get("kinds")?.text.trim().split(/\s+/);
  const isSpace = (axis: number) => {
    // A time's direction has only a fourth part.
    if (directions) return directions[axis]?.slice(0, 3).some((part) => part !== 0) === true;
    return kinds?.[axis] === undefined ? sizes.length <= 3 : spatialKinds.test(kinds[axis]);
  };
  const axes = [...sizes.keys()];
  if (kinds?.some((kind) => /^complex$/i.test(kind)))
    throw new DataError(`${file}: holds complex numbers, which are not read; save it as float32`);
  const space = axes.filter(isSpace);
  const others = axes.filter((axis) => !isSpace(axis) && sizes[axis] !== 1);
  const isAtEnd = others.length === 0 || (others.length === 1 && (others[0] === 0 || others[0] > Math.max(...space)));
  if (space.length >= 2 && space.length <= 3 && isAtEnd) return { space, channelAxis: others[0] };
  throw new DataError(
    `${file}: has ${space.length} axes in space and ${others.length} others (${sizes.join(" x ")}); ` +
      "dimseg reads two or three, and one for channels before or after them, so divide it",
  );
}

/** The grid of the axes in space. */
function gridOf(
  { fields }: Text,
  sizes: readonly number[],
  space: readonly number[],
  directions: (number[] | undefined)[] | undefined,
  file: string,
): Grid {
  const extents = space.map((axis) => sizes[axis]);
  if (!directions) {
    const field = fields.get("spacings");
    const spacings = field && numbersOf(field, sizes.length);
    const own = spacings && space.map((axis) => Math.abs(spacings[axis]));
    return placedGrid(file, extents, null, own?.every((size) => size > 0 && Number.isFinite(size)) ? own : null);
  }
  const [unit] = fields.get("spaceunits")?.text.match(/[^\s"]+/) ?? [];
  const scale = unitMillimetres.get(unit?.toLowerCase() ?? "mm") ?? 1;
  const vectors = space.map((axis) => (directions[axis] as number[]).slice(0, 3).map((part) => part * scale));
  const signs = patientSpaces.get(fields.get("space")?.text.trim().toLowerCase() ?? "");
  const lps = ([x, y, z]: readonly number[]) => (signs ? [0 + signs[0] * x, 0 + signs[1] * y, z] : [x, y, z]);
  const origin = fields.get("spaceorigin");
  const isPlaced = signs !== undefined && origin !== undefined;
  const first = origin ? vectorOf(origin).slice(0, 3) : [0, 0, 0];
  if ([...vectors, first].some((vector) => vector.length !== 3 && (isPlaced || vector.length !== 2)))
    throw new DataError(`${file}: gives directions or an origin of ${vectors[0].length} numbers; mend its header`);
  if (isPlaced) {
    const place = { axes: vectors.map(lps), origin: lps(first.map((part) => part * scale)) };
    return placedGrid(file, extents, place);
  }
  const lengths = vectors.map((vector) => Math.hypot(...vector));
  if (!lengths.every((length) => length > 0 && Number.isFinite(length)))
    throw new DataError(`${file}: its space directions hold NaN or zeros; mend its header`);
  return placedGrid(file, extents, null, lengths);
}

function needed({ fields }: Text, name: string, file: string): TextField {
  const field = fields.get(name);
  if (field) return field;
  throw new DataError(`${file}: its header lacks "${name}"; replace it`);
}

function dataFileOf({ fields }: Text, file: string): string | undefined {
  const name = fields.get("datafile")?.text.trim();
  return name === undefined ? undefined : oneDataFile(name, file);
}

function readHeader(bytes: Uint8Array, file: string): Header {
  const text = readText(bytes, file);
  const dataFile = dataFileOf(text, file);
  if (text.end === undefined && dataFile === undefined)
    throw new DataError(`${file}: the NRRD is truncated within its header; replace it`);
  const rank = wholeOf(needed(text, "dimension", file));
  if (rank < 2 || rank > 16) throw new DataError(`${file}: declares ${rank} axes; replace it`);
  const type = wordOf(needed(text, "type", file), valueTypes);
  const sizes = numbersOf(needed(text, "sizes", file), rank);
  const encoding = wordOf(needed(text, "encoding", file), encodings);
  const stored = bytesOfValue(type);
  checkVoxels(sizes, file, stored);
  const endian = stored === 1 ? "little" : needed(text, "endian", file).text.trim().toLowerCase();
  if (endian !== "little" && endian !== "big")
    throw new DataError(`${file}: says "endian: ${endian}"; mend its header`);
  const directions = directionsOf(text.fields.get("spacedirections"), rank);
  const { space, channelAxis } = spaceOf(text, sizes, directions, file);
  const skip = (name: string) => {
    const field = text.fields.get(name);
    return field ? wholeOf(field) : 0;
  };
  return {
    grid: gridOf(text, sizes, space, directions, file),
    channels: channelAxis === undefined ? 1 : sizes[channelAxis],
    isInterleaved: channelAxis === 0,
    littleEndian: endian === "little",
    packing: encoding === "raw" ? undefined : encoding,
    lineSkip: skip("lineskip"),
    byteSkip: skip("byteskip"),
    bytes: sizes.reduce((product, size) => product * size, stored),
    end: text.end ?? bytes.length,
    ...{ type, dataFile },
  };
}

/** What follows some lines. */
function afterLines(data: Buffer, lines: number, file: string): Buffer {
  let at = 0;
  for (let line = 0; line < lines; line++) {
    const end = data.indexOf("\n", at);
    if (end < 0) throw new DataError(`${file}: has fewer than the ${lines} lines that its header skips; mend it`);
    at = end + 1;
  }
  return data.subarray(at);
}

async function valueBytes(whole: Uint8Array, header: Header, file: string): Promise<Uint8Array> {
  const { dataFile, end, lineSkip, byteSkip, bytes, packing } = header;
  const own = Buffer.from(whole.buffer, whole.byteOffset + end, whole.length - end);
  const data = afterLines(dataFile === undefined ? own : await readBeside(file, [dataFile]), lineSkip, file);
  return valuesIn(data, { skip: byteSkip, bytes, packing }, file);
}

export const nrrdFormat: Format = {
  name: "NRRD",
  summary: "volumes and 2-D images, raw or gzip, attached or as .nhdr; segmentations of 3D Slicer (.seg.nrrd)",
  source: "Teem's definition of NRRD file formats; own code",
  extensions: ["nrrd", "nhdr", "seg.nrrd"],
  sniff: (head) => startsWith(head, "NRRD000"),
  ...readsValues(readHeader, valueBytes),
};

/** A part of a segmentation that 3D Slicer wrote. */
export interface Segment {
  readonly name: string;
  /** Its number in the label map. */
  readonly value: number;
  /** The channel that holds it: segments that overlap lie in several. */
  readonly layer: number;
  /** Red, green and blue, 0 … 255. */
  readonly colour: readonly [number, number, number];
}

/** As many as are looked for. */
const mostSegments = 4096;

/**
 * The segments that the header of a .seg.nrrd names; none where it is another file.
 * @param bytes the file's, or its first 256 KiB
 * @throws DataError when a number among them is none
 */
export function segmentsOf(bytes: Uint8Array, file: string): Segment[] {
  const { keys } = readText(bytes, file);
  const segments: Segment[] = [];
  for (let i = 0; i < mostSegments && keys.has(`Segment${i}_ID`); i++) {
    const field = (name: string, text: string): TextField => {
      const key = `Segment${i}_${name}`;
      return { file, name: key, text: keys.get(key) ?? text };
    };
    const [red, green, blue] = numbersOf(field("Color", "1 1 1"), 3).map((part) => Math.round(255 * part));
    segments.push({
      name: field("Name", `${i}`).text,
      value: wholeOf(field("LabelValue", `${i + 1}`)),
      layer: wholeOf(field("Layer", "0")),
      colour: [red, green, blue],
    });
  }
  return segments;
}
