/**
 * A data set of a DICOM file: where its attributes lie among the file's bytes. Values are decoded when somebody asks for
 * them, so what nobody asks for (names, dates, addresses) never leaves the file.
 */
import { DataError } from "../../core/errors.js";
import { type Attribute, attributes } from "./dictionary.js";

/** One attribute's value in the bytes of its data set. */
export interface Element {
  readonly vr: string;
  readonly start: number;
  /** In bytes; of encapsulated pixel data 0, they are in `fragments`. */
  readonly length: number;
  /** Of a sequence. */
  readonly items?: readonly DataSet[];
  /** Of encapsulated pixel data; the first one is the table of offsets. */
  readonly fragments?: readonly Uint8Array[];
}

type Read = (view: DataView, at: number, littleEndian: boolean) => number;

/** How binary numbers of a value representation are read, and their size in bytes. */
const binary: Readonly<Record<string, readonly [number, Read]>> = {
  US: [2, (view, at, little) => view.getUint16(at, little)],
  SS: [2, (view, at, little) => view.getInt16(at, little)],
  UL: [4, (view, at, little) => view.getUint32(at, little)],
  SL: [4, (view, at, little) => view.getInt32(at, little)],
  FL: [4, (view, at, little) => view.getFloat32(at, little)],
  FD: [8, (view, at, little) => view.getFloat64(at, little)],
};

export class DataSet {
  private readonly elements = new Map<number, Element>();

  constructor(
    readonly bytes: Uint8Array,
    readonly littleEndian: boolean,
    /** For messages. */
    readonly file: string,
  ) {}

  add(tag: number, element: Element): void {
    this.elements.set(tag, element);
  }

  element(name: Attribute): Element | undefined {
    return this.elements.get(attributes[name][0]);
  }

  /** The value's bytes, a view; undefined where it is missing or empty. */
  raw(name: Attribute): Uint8Array | undefined {
    const element = this.element(name);
    return element && element.length > 0
      ? this.bytes.subarray(element.start, element.start + element.length)
      : undefined;
  }

  /** The text without its padding; undefined where it is missing or empty. */
  text(name: Attribute, encoding: "latin1" | "utf8" = "latin1"): string | undefined {
    const raw = this.raw(name);
    if (!raw) return undefined;
    const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString(encoding);
    return text.replace(/[\0 ]+$/, "").trimStart() || undefined;
  }

  /** The values of a text; none where it is missing. */
  texts(name: Attribute): string[] {
    return (this.text(name)?.split("\\") ?? []).map((text) => text.trim());
  }

  /**
   * All values of a number, binary or as text; undefined where it is missing or empty.
   * @throws DataError when a text is no finite number
   */
  numbers(name: Attribute): number[] | undefined {
    const element = this.element(name);
    const raw = this.raw(name);
    if (!element || !raw) return undefined;
    const [size, read] = binary[element.vr] ?? binary[attributes[name][1]] ?? [0, undefined];
    if (read) {
      const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
      const count = Math.floor(raw.length / size);
      return Array.from({ length: count }, (_, i) => read(view, i * size, this.littleEndian));
    }
    const texts = this.texts(name);
    if (texts.length === 0) return undefined;
    const values = texts.map((text) => (text === "" ? Number.NaN : Number(text)));
    if (values.every(Number.isFinite)) return values;
    throw new DataError(`${this.file}: its ${name} is no number; replace it`);
  }

  /** The first value of a number. */
  number(name: Attribute): number | undefined {
    return this.numbers(name)?.[0];
  }

  /** The items of a sequence; none where it is missing. */
  items(name: Attribute): readonly DataSet[] {
    return this.element(name)?.items ?? [];
  }
}
