/** DICOM files for tests, drawn by the rules of PS3.5 and by nothing of dimseg: any transfer syntax, any attribute. */
import { deflateRawSync } from "node:zlib";

/** Text, binary numbers, bytes, or the items of a sequence. */
export type Value = string | number | readonly number[] | Uint8Array | readonly Dataset[];
/** Tag and VR as `"00280010 US"`, in any order. */
export type Dataset = Readonly<Record<string, Value | undefined>>;

export const syntaxes = {
  implicit: "1.2.840.10008.1.2",
  explicit: "1.2.840.10008.1.2.1",
  deflated: "1.2.840.10008.1.2.1.99",
  big: "1.2.840.10008.1.2.2",
  rle: "1.2.840.10008.1.2.5",
  jpeg: "1.2.840.10008.1.2.4.50",
  jpegLossless: "1.2.840.10008.1.2.4.70",
  jpegLs: "1.2.840.10008.1.2.4.80",
  jpeg2000: "1.2.840.10008.1.2.4.90",
  encapsulated: "1.2.840.10008.1.2.1.98",
  multiComponent: "1.2.840.10008.1.2.4.92",
  jpegXl: "1.2.840.10008.1.2.4.110",
  highThroughput: "1.2.840.10008.1.2.4.201",
};
export type Syntax = keyof typeof syntaxes;

interface Style {
  readonly explicit: boolean;
  readonly big: boolean;
  /** Sequences and items end with delimiters. */
  readonly unknownLengths: boolean;
}

const long = new Set(["OB", "OW", "OF", "OD", "SQ", "UN", "UT"]);
const sizes: Readonly<Record<string, number>> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8, OW: 2, AT: 4 };

function number(size: number, value: number, { big }: Pick<Style, "big">): Buffer {
  const bytes = Buffer.alloc(size);
  if (size === 8) bytes.writeDoubleLE(value);
  else bytes.writeUIntLE(value < 0 ? value + 256 ** size : value, 0, size);
  return big ? bytes.reverse() : bytes;
}

function tagBytes(tag: number, style: Style): Buffer {
  return Buffer.concat([number(2, tag >>> 16, style), number(2, tag & 0xffff, style)]);
}

/** A delimiter, or the head of an item. */
function mark(tag: number, length: number, style: Style): Buffer {
  return Buffer.concat([tagBytes(tag, style), number(4, length, style)]);
}

function items(datasets: readonly Dataset[], style: Style): Buffer {
  const encoded = datasets.map((dataset) => {
    const body = encode(dataset, style);
    if (!style.unknownLengths) return Buffer.concat([mark(0xfffee000, body.length, style), body]);
    return Buffer.concat([mark(0xfffee000, 0xffffffff, style), body, mark(0xfffee00d, 0, style)]);
  });
  return Buffer.concat(style.unknownLengths ? [...encoded, mark(0xfffee0dd, 0, style)] : encoded);
}

function valueBytes(vr: string, value: Value, style: Style): Buffer {
  if (vr === "SQ") return items(value as readonly Dataset[], style);
  if (value instanceof Uint8Array) return Buffer.from(value);
  const texts = typeof value === "string" ? value : [value].flat().join("\\");
  if (!(vr in sizes)) return Buffer.from(texts.length % 2 ? `${texts}${vr === "UI" ? "\0" : " "}` : texts, "latin1");
  return Buffer.concat(([value].flat() as number[]).map((one) => number(sizes[vr], one, style)));
}

/** Elements in the order of their tags. */
export function encode(dataset: Dataset, style: Style): Buffer {
  const entries = Object.entries(dataset).filter(([, value]) => value !== undefined);
  return Buffer.concat(
    entries.sort().map(([key, value]) => {
      const [tag, vr] = [Number.parseInt(key.slice(0, 8), 16), key.slice(9)];
      const body = valueBytes(vr, value as Value, style);
      const length = vr === "SQ" && style.unknownLengths ? 0xffffffff : body.length;
      const head = tagBytes(tag, style);
      if (!style.explicit) return Buffer.concat([head, number(4, length, style), body]);
      const name = Buffer.from(vr);
      if (long.has(vr)) return Buffer.concat([head, name, Buffer.alloc(2), number(4, length, style), body]);
      return Buffer.concat([head, name, number(2, length, style), body]);
    }),
  );
}

/** Encapsulated pixel data: a table of offsets (empty unless given), then the fragments. */
function encapsulate(fragments: readonly Uint8Array[], offsets: readonly number[], style: Style): Buffer {
  const table = Buffer.concat(offsets.map((offset) => number(4, offset, style)));
  const even = fragments.map((one) => (one.length % 2 ? Buffer.concat([one, Buffer.alloc(1)]) : one));
  const parts = [table, ...even].flatMap((part) => [mark(0xfffee000, part.length, style), part]);
  const head = [tagBytes(0x7fe00010, style), Buffer.from("OB\0\0"), number(4, 0xffffffff, style)];
  return Buffer.concat([...head, ...parts, mark(0xfffee0dd, 0, style)]);
}

export interface FileOptions {
  readonly syntax?: Syntax;
  readonly unknownLengths?: boolean;
  /** Compressed pixel data. */
  readonly fragments?: readonly Uint8Array[];
  readonly offsets?: readonly number[];
  /** What the file begins with, of its 128 bytes that say nothing. */
  readonly preamble?: string;
}

/** A file with preamble and meta header. */
export function dicomFile(dataset: Dataset, options: FileOptions = {}): Buffer {
  const { syntax = "explicit", unknownLengths = false, fragments, offsets = [], preamble = "" } = options;
  const plain: Style = { explicit: true, big: false, unknownLengths: false };
  const meta = encode({ "00020010 UI": syntaxes[syntax] }, plain);
  const head = [
    Buffer.from(preamble.padEnd(128, "\0"), "latin1"),
    Buffer.from("DICM"),
    encode({ "00020000 UL": meta.length }, plain),
    meta,
  ];
  const style = { explicit: syntax !== "implicit", big: syntax === "big", unknownLengths };
  const body = Buffer.concat([encode(dataset, style), ...(fragments ? [encapsulate(fragments, offsets, style)] : [])]);
  return Buffer.concat([...head, syntax === "deflated" ? deflateRawSync(body) : body]);
}

/** A grey picture's attributes; `pixels` as numbers. */
export function picture(rows: number, columns: number, pixels: readonly number[], more: Dataset = {}): Dataset {
  const bits = (more["00280100 US"] as number | undefined) ?? 16;
  const even = bits === 8 && pixels.length % 2 ? [...pixels, 0] : pixels;
  const data = bits === 8 ? { "7FE00010 OB": Uint8Array.from(even) } : { "7FE00010 OW": pixels };
  return {
    "00080016 UI": "1.2.840.10008.5.1.4.1.1.7",
    "00280002 US": 1,
    "00280004 CS": "MONOCHROME2",
    "00280010 US": rows,
    "00280011 US": columns,
    "00280100 US": bits,
    "00280101 US": bits,
    "00280102 US": bits - 1,
    "00280103 US": 0,
    ...data,
    ...more,
  };
}
