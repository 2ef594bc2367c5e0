/**
 * Writes DICOM files: explicit VR, little endian, sequences of known length (PS3.5 chapter 7, PS3.10). dcmjs 0.51 was tried:
 * it brings 27 MB, has no types, and puts slices in descending order, so that masks come out upside down.
 */
import { randomUUID } from "node:crypto";
import { type Attribute, attributes, longVrs } from "./dictionary.js";

/** Attributes by keyword; those that are undefined are left out. `AT` takes a keyword. */
export type WrittenSet = { readonly [Name in Attribute]?: WrittenValue | undefined };
type WrittenValue = string | number | Uint8Array | readonly (string | number)[] | readonly WrittenSet[];

const explicitLittleEndian = "1.2.840.10008.1.2.1";
/** dimseg's own, of the kind that anybody may draw (PS3.5, B.2). */
const implementation = "2.25.283748590127364650918273645091827364509";
/** Longest text of a decimal number. */
const decimalLength = 16;

/** A UID that nobody else has. */
export function newUid(): string {
  return `2.25.${BigInt(`0x${randomUUID().replaceAll("-", "")}`)}`;
}

/** A number with as many digits as DICOM's decimal text holds. */
export function decimalText(value: number): string {
  for (let digits = 17; ; digits--) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= decimalLength) return text;
  }
}

function tagBytes(tag: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  return bytes;
}

/** An unsigned number. */
function numberBytes(size: number, value: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(value, 0, size);
  return bytes;
}

function itemBytes(set: WrittenSet): Buffer {
  const body = encodeSet(set);
  return Buffer.concat([tagBytes(0xfffee000), numberBytes(4, body.length), body]);
}

function textOf(vr: string, value: string | number): string {
  const text = String(value);
  // Longer ones come out of files whose writers did not count.
  return vr === "DS" && text.length > decimalLength ? decimalText(Number(value)) : text;
}

function valueBytes(vr: string, value: WrittenValue): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const values = [value].flat() as (string | number | WrittenSet)[];
  if (vr === "SQ") return Buffer.concat(values.map((set) => itemBytes(set as WrittenSet)));
  const plain = values as (string | number)[];
  if (vr === "AT") return Buffer.concat(plain.map((name) => tagBytes(attributes[name as Attribute][0])));
  if (vr === "US" || vr === "UL")
    return Buffer.concat(plain.map((number) => numberBytes(vr === "US" ? 2 : 4, Number(number))));
  return Buffer.from(plain.map((one) => textOf(vr, one)).join("\\"), "utf8");
}

/** Values have an even number of bytes. */
function padded(bytes: Buffer, vr: string): Buffer {
  if (bytes.length % 2 === 0) return bytes;
  return Buffer.concat([bytes, Buffer.from(vr === "UI" || vr === "OB" ? "\0" : " ")]);
}

function elementBytes(name: Attribute, value: WrittenValue, vr: string): Buffer {
  const body = padded(valueBytes(vr, value), vr);
  const head = Buffer.concat([tagBytes(attributes[name][0]), Buffer.from(vr)]);
  if (longVrs.has(vr)) return Buffer.concat([head, Buffer.alloc(2), numberBytes(4, body.length), body]);
  if (body.length > 0xffff) throw new Error(`internal: ${name} has ${body.length} bytes, too many for ${vr}`);
  return Buffer.concat([head, numberBytes(2, body.length), body]);
}

/** Elements in the order of their tags. */
function encodeSet(set: WrittenSet): Buffer {
  const entries = Object.entries(set) as [Attribute, WrittenValue | undefined][];
  const sorted = entries.sort(([a], [b]) => attributes[a][0] - attributes[b][0]);
  return Buffer.concat(
    sorted.flatMap(([name, value]) => {
      if (value === undefined) return [];
      // Pixels of up to 8 bits are bytes, which no reader may swap.
      const vr = name === "PixelData" && set.BitsAllocated !== 16 ? "OB" : attributes[name][1];
      return [elementBytes(name, value, vr)];
    }),
  );
}

/** A whole file: preamble, meta header, data set. It must hold its SOP class and instance. */
export function encodeDicom(set: WrittenSet): Buffer {
  const meta = encodeSet({
    FileMetaInformationVersion: Uint8Array.of(0, 1),
    MediaStorageSOPClassUID: set.SOPClassUID,
    MediaStorageSOPInstanceUID: set.SOPInstanceUID,
    TransferSyntaxUID: explicitLittleEndian,
    ImplementationClassUID: implementation,
    ImplementationVersionName: "DIMSEG",
  });
  const length = encodeSet({ FileMetaInformationGroupLength: meta.length });
  return Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), length, meta, encodeSet(set)]);
}
