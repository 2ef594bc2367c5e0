/**
 * From the bytes of a DICOM file to its data set (PS3.5 chapter 7, PS3.10): implicit and explicit, both endians, deflated.
 *
 * Own code in place of dicom-parser 1.8.21, which builds an object for every element of a file, however many a hostile one
 * has, wants the whole file where only the header is needed, and throws strings. Here attributes that nobody reads are stepped over, elements and depth are counted, and the beginning of
 * a file is enough for its header.
 */
import { inflateRawSync } from "node:zlib";
import { DataError } from "../../core/errors.js";
import { startsWith } from "../formats/format.js";
import { DataSet, type Element } from "./data-set.js";
import { attributes, knownVr, longVrs } from "./dictionary.js";
import { transferSyntaxes } from "./transfer-syntaxes.js";

/** A file's data set and how it is encoded. */
export interface DicomFile {
  readonly file: string;
  readonly set: DataSet;
  /** UID; a key of {@link transferSyntaxes}. */
  readonly transferSyntax: string;
  /** Bytes of the whole file. */
  readonly size: number;
}

/** Thrown where the file goes on but its bytes in hand do not: read more of them, and parse again. */
export class HeadTooShort extends Error {}

/** Why a file without `DICM` is not read, as the end of a sentence that began with its name. */
export const notDicomReason = "is no DICOM file (PS3.10); replace it";

/** Bytes of the preamble and of `DICM` behind it. */
const prefixBytes = 132;
const unknownLength = 0xffffffff;
const [item, itemEnd, sequenceEnd] = [0xfffee000, 0xfffee00d, 0xfffee0dd];
const [pixelData] = attributes.PixelData;
const pixelTags: ReadonlySet<number> = new Set([
  pixelData,
  attributes.FloatPixelData[0],
  attributes.DoubleFloatPixelData[0],
]);

/** Sequences within sequences; those of images have about five. */
const maxDepth = 32;
/** Elements and items of a file, those that are stepped over too: an enhanced CT of 5,000 frames has 300,000. */
const maxElements = 2 ** 21;
/** A deflated data set that becomes longer is refused. */
const maxInflatedBytes = 2 ** 27;

/** Whether a file is DICOM: `DICM` behind a preamble of 128 bytes. */
export function isDicom(head: Uint8Array): boolean {
  return startsWith(head, "DICM", prefixBytes - 4);
}

interface Header {
  readonly tag: number;
  readonly vr: string;
  readonly start: number;
  readonly length: number;
}

/** Walks over elements; positions are counted from the beginning of its bytes. */
class Walk {
  private readonly view: DataView;
  private count = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: string,
    /** Bytes of the whole file, of which `bytes` may be the beginning. */
    private readonly total: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  private broken(what: string): DataError {
    return new DataError(`${this.file}: the DICOM file ${what}; replace it`);
  }

  /** @throws when the bytes end before `end` */
  private need(end: number): void {
    if (end <= this.bytes.length) return;
    if (end <= this.total) throw new HeadTooShort();
    throw this.broken("is truncated");
  }

  private header(at: number, explicit: boolean, little: boolean): Header {
    if (++this.count > maxElements) throw this.broken(`has more than ${maxElements} elements`);
    this.need(at + 8);
    const tag = this.view.getUint16(at, little) * 65536 + this.view.getUint16(at + 2, little);
    const vr = String.fromCharCode(this.bytes[at + 4], this.bytes[at + 5]);
    // Delimiters have no VR anywhere, and some writers leave it out of single elements.
    if (!explicit || tag >= 0xfffe0000 || !/^[A-Z]{2}$/.test(vr))
      return { tag, vr: knownVr(tag) ?? "UN", start: at + 8, length: this.view.getUint32(at + 4, little) };
    if (!longVrs.has(vr)) return { tag, vr, start: at + 8, length: this.view.getUint16(at + 6, little) };
    this.need(at + 12);
    return { tag, vr, start: at + 12, length: this.view.getUint32(at + 8, little) };
  }

  /**
   * Goes over elements up to `end`, or to the delimiter of an item of unknown length, or to the pixel data.
   * @param set keeps those that dimseg knows; null keeps none
   * @returns where it stopped
   */
  elements(start: number, end: number, set: DataSet | null, explicit: boolean, little: boolean, depth = 0): number {
    let at = start;
    while (at < end) {
      const head = this.header(at, explicit, little);
      if (head.tag === itemEnd) return head.start;
      const known = knownVr(head.tag);
      if (depth === 0 && pixelTags.has(head.tag)) {
        this.pixels(head, set, little);
        return end;
      }
      // What somebody passed on without knowing it is stored in the simplest way (PS3.5, 6.2.2).
      const [innerExplicit, innerLittle] = head.vr === "UN" ? [false, true] : [explicit, little];
      const isSequence = head.vr === "SQ" || (head.vr === "UN" && known === "SQ") || head.length === unknownLength;
      if (isSequence && (known === "SQ" || head.length === unknownLength)) {
        const items = known === "SQ" && set ? ([] as DataSet[]) : null;
        at = this.items(head, end, items, innerExplicit, innerLittle, depth + 1);
        if (items) set?.add(head.tag, { vr: "SQ", start: head.start, length: at - head.start, items });
        continue;
      }
      at = head.start + head.length;
      if (depth > 0 && at > end) throw this.broken("has an element that is longer than the sequence it is in");
      if (!known) continue;
      this.need(at);
      set?.add(head.tag, { vr: head.vr === "UN" ? known : head.vr, start: head.start, length: head.length });
    }
    if (at > this.total) throw this.broken("is truncated");
    return at;
  }

  /** Goes over the items of a sequence. @returns where it ended */
  private items(
    { start, length }: Header,
    outerEnd: number,
    items: DataSet[] | null,
    explicit: boolean,
    little: boolean,
    depth: number,
  ): number {
    if (depth > maxDepth) throw this.broken(`has more than ${maxDepth} sequences within each other`);
    const end = length === unknownLength ? outerEnd : start + length;
    if (end > outerEnd) {
      if (depth === 1) this.need(end);
      throw this.broken("has a sequence that is longer than what it is in");
    }
    let at = start;
    while (at < end) {
      const head = this.header(at, explicit, little);
      if (head.tag === sequenceEnd) return head.start;
      if (head.tag !== item) throw this.broken("has a sequence of something else than items");
      const set = items ? new DataSet(this.bytes, little, this.file) : null;
      const innerEnd = head.length === unknownLength ? end : head.start + head.length;
      if (innerEnd > end) throw this.broken("has an item that is longer than its sequence");
      at = this.elements(head.start, innerEnd, set, explicit, little, depth);
      if (set) items?.push(set);
    }
    return at;
  }

  private pixels({ tag, vr, start, length }: Header, set: DataSet | null, little: boolean): void {
    if (length !== unknownLength) {
      if (start + length > this.total) throw this.broken("is truncated in its pixel data");
      set?.add(tag, { vr, start, length });
      return;
    }
    const whole = this.bytes.length === this.total;
    set?.add(tag, { vr, start, length: 0, fragments: whole ? this.fragments(start, little) : [] });
  }

  /** The pieces of encapsulated pixel data (PS3.5, A.4), views. */
  private fragments(start: number, little: boolean): Uint8Array[] {
    const found: Uint8Array[] = [];
    let at = start;
    while (at < this.bytes.length) {
      const head = this.header(at, false, little);
      if (head.tag === sequenceEnd) return found;
      if (head.tag !== item) throw this.broken("has pixel data of something else than items");
      at = head.start + head.length;
      if (at > this.bytes.length) throw this.broken("is truncated in its pixel data");
      found.push(this.bytes.subarray(head.start, at));
    }
    // Some writers leave the last delimiter out.
    return found;
  }

  /** The meta header, which is explicit and little endian everywhere. @returns where it ended */
  meta(set: DataSet): number {
    let at = prefixBytes;
    while (at < this.total) {
      this.need(at + 8);
      if (this.view.getUint16(at, true) !== 2) break;
      const { tag, vr, start, length } = this.header(at, true, true);
      at = start + length;
      this.need(at);
      if (knownVr(tag)) set.add(tag, { vr, start, length } satisfies Element);
    }
    return at;
  }
}

/** The bytes behind the meta header of a deflated file. */
function inflate(bytes: Uint8Array, file: string): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: maxInflatedBytes });
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE"
        ? `is inflated to more than ${maxInflatedBytes / 2 ** 20} MiB; store it without deflate`
        : "has damaged deflated data; replace it";
    throw new DataError(`${file}: the DICOM file ${reason}`, { cause });
  }
}

/**
 * Finds the attributes of a file that dimseg knows.
 * @param bytes the file, or its beginning
 * @param file  its name, for messages
 * @param total bytes of the whole file; without all of them, encapsulated pixel data has no fragments
 * @throws DataError when it is no DICOM file, damaged, too deep, or of a transfer syntax that nobody knows
 * @throws HeadTooShort when the header goes on behind `bytes`
 */
export function parseDicom(bytes: Uint8Array, file: string, total = bytes.length): DicomFile {
  if (!isDicom(bytes)) throw new DataError(`${file}: ${notDicomReason}`);
  const walk = new Walk(bytes, file, total);
  const meta = new DataSet(bytes, true, file);
  const start = walk.meta(meta);
  const transferSyntax = meta.text("TransferSyntaxUID");
  if (transferSyntax === undefined)
    throw new DataError(`${file}: the DICOM file does not say its transfer syntax; convert it`);
  const syntax = transferSyntaxes[transferSyntax];
  if (!syntax)
    throw new DataError(`${file}: has the transfer syntax ${transferSyntax}, which dimseg does not know; convert it`);
  const { explicit = true, littleEndian = true, deflated = false } = syntax;
  if (!deflated) {
    const set = new DataSet(bytes, littleEndian, file);
    walk.elements(start, total, set, explicit, littleEndian);
    return { file, set, transferSyntax, size: total };
  }
  if (bytes.length < total) throw new HeadTooShort();
  const inflated = inflate(bytes.subarray(start), file);
  const set = new DataSet(inflated, littleEndian, file);
  new Walk(inflated, file, inflated.length).elements(0, inflated.length, set, explicit, littleEndian);
  return { file, set, transferSyntax, size: total };
}
