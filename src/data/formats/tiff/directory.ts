/**
 * The directory of a TIFF file (TIFF 6.0, BigTIFF): which tags its picture has and where their values lie. EXIF data is a
 * TIFF file of its own. Nothing in the bytes is trusted: what points outside them is not there.
 */
import { asStored, isOrientation } from "../../../grid/upright.js";
import { startsWith } from "../format.js";

/** Bytes of one value of each whole-number type: BYTE, SHORT, LONG, IFD, LONG8, IFD8. */
const valueBytes: Readonly<Record<number, 1 | 2 | 4 | 8>> = { 1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8 };

/** No tag that is asked for has more values that matter. */
const mostValues = 1024;

/** Directories beyond this many are not counted. */
const mostDirectories = 1000;

const orientationTag = 274;

interface Field {
  readonly size: 1 | 2 | 4 | 8;
  readonly count: number;
  /** Where the first value lies. */
  readonly at: number;
}

/** Whole numbers of a file of either byte order, and of 32 or 64-bit places. */
class TiffBytes {
  private readonly view: DataView;
  readonly little: boolean;
  readonly big: boolean;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.little = startsWith(bytes, "II");
    this.big = this.view.byteLength >= 4 && this.number(2, 2) === 43;
  }

  get length(): number {
    return this.view.byteLength;
  }

  number(at: number, size: 1 | 2 | 4 | 8): number {
    if (size === 1) return this.view.getUint8(at);
    if (size === 2) return this.view.getUint16(at, this.little);
    return size === 4 ? this.view.getUint32(at, this.little) : Number(this.view.getBigUint64(at, this.little));
  }

  /** Where the first directory begins. */
  get first(): number {
    return this.big ? this.number(8, 8) : this.number(4, 4);
  }

  /** Number of entries of the directory at a place and where they begin and end; undefined when it is not in the file. */
  private entries(at: number): { start: number; end: number; bytes: number } | undefined {
    const head = this.big ? 8 : 2;
    if (at < 8 || at + head > this.length) return undefined;
    const [start, bytes] = [at + head, this.big ? 20 : 12];
    const end = start + bytes * this.number(at, head);
    return end <= this.length ? { start, end, bytes } : undefined;
  }

  /** The place of the directory after the one at a place; undefined when there is none. */
  after(at: number): number | undefined {
    const found = this.entries(at);
    const size = this.big ? 8 : 4;
    if (!found || found.end + size > this.length) return undefined;
    const next = this.number(found.end, size);
    return this.entries(next) ? next : undefined;
  }

  /** The whole-number tags of the directory at a place; undefined when it is not in the file. */
  fields(directory: number): Map<number, Field> | undefined {
    const found = this.entries(directory);
    if (!found) return undefined;
    const fields = new Map<number, Field>();
    const inline = this.big ? 8 : 4;
    for (let entry = found.start; entry < found.end; entry += found.bytes) {
      const size = valueBytes[this.number(entry + 2, 2)];
      const count = this.number(entry + 4, inline);
      const slot = entry + 4 + inline;
      const at = size * count <= inline ? slot : this.number(slot, inline);
      if (size !== undefined && count > 0 && at + size * count <= this.length)
        fields.set(this.number(entry, 2), { size, count, at });
    }
    return fields;
  }
}

/** The tags of a file's first picture. */
export class TiffDirectory {
  private constructor(
    private readonly bytes: TiffBytes,
    private readonly fields: ReadonlyMap<number, Field>,
    /** Directories of the file, counted up to 1000. */
    readonly count: number,
  ) {}

  /** @returns undefined when the bytes are no TIFF, or end before its first directory does */
  static read(file: Uint8Array): TiffDirectory | undefined {
    if (file.length < 16 || !(startsWith(file, "II") || startsWith(file, "MM"))) return undefined;
    const bytes = new TiffBytes(file);
    const fields = bytes.fields(bytes.first);
    if (!fields) return undefined;
    const seen = new Set<number>();
    for (let at: number | undefined = bytes.first; at !== undefined && !seen.has(at); at = bytes.after(at)) {
      seen.add(at);
      if (seen.size === mostDirectories) break;
    }
    return new TiffDirectory(bytes, fields, seen.size);
  }

  /** The values of a tag; undefined where it is not there or holds no whole numbers. */
  values(tag: number): number[] | undefined {
    const field = this.fields.get(tag);
    if (!field) return undefined;
    const length = Math.min(field.count, mostValues);
    return Array.from({ length }, (_, i) => this.bytes.number(field.at + i * field.size, field.size));
  }

  /** The first value of a tag. */
  value(tag: number): number | undefined {
    return this.values(tag)?.[0];
  }

  /** Overwrites the first value of a tag, where there is one, in a copy of the file. @param value below 256 */
  overwrite(copy: Buffer, tag: number, value: number): void {
    const field = this.fields.get(tag);
    if (!field) return;
    copy.fill(0, field.at, field.at + field.size);
    copy[this.bytes.little ? field.at : field.at + field.size - 1] = value;
  }

  /** How the picture is to be turned to be shown, 1 to 8; 1 where the file does not say. */
  get orientation(): number {
    const value = this.value(orientationTag);
    return isOrientation(value) ? value : asStored;
  }
}

/**
 * How a picture is to be turned, after its EXIF data.
 * @param exif a TIFF file, behind the mark that JPEG puts before it or without; undefined for a picture without EXIF
 */
export function exifOrientation(exif: Uint8Array | undefined): number {
  if (!exif) return asStored;
  const start = startsWith(exif, "Exif\0\0") ? 6 : 0;
  return TiffDirectory.read(exif.subarray(start))?.orientation ?? asStored;
}
