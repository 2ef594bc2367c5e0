/**
 * A correction of a case's mask that is under way, on the disk: the mask it began from, and every stroke since. A stroke is
 * safe once it was taken; what a killed process had half written is cut off when the draft is opened again.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../../../core/errors.js";
import { writeFilesAtomic } from "../../../core/files/atomic-file.js";
import { readBytes } from "../../../core/files/read-file.js";
import { sha256 } from "../../../core/sha256.js";
import { ignoredLabel } from "../../../core/target-kind.js";
import { type Grid, makeGrid } from "../../../grid/grid.js";
import { applyMaskPatch, decodeMaskPatch } from "../../../grid/mask-patch.js";
import { decodeRuns, encodeRuns } from "../../../grid/runs.js";
import { placeSlice, type SliceOrder, SliceStack } from "../../../grid/slices.js";
import type { StoredImage } from "../../../grid/stored-image.js";
import { AppendFile } from "../../../runs/logs/append-file.js";

const whole = z.int().min(0);
const axes = z
  .tuple([whole.max(2), whole.max(2), whole.max(2)])
  .refine((all) => new Set(all).size === all.length)
  .readonly();
/** How slices are cut from `[count, rows, columns]`. */
const order = z.strictObject({ axes, reversed: z.tuple([z.boolean(), z.boolean(), z.boolean()]).readonly() });

/** A network that predicted a mask: its run, and which of its checkpoints. */
const modelSchema = z.strictObject({ run: z.string(), answeredBy: z.string() });

/** Beside a stroke: it put the model's mask on its slice, or took that back (null). */
const noteSchema = z.strictObject({ model: modelSchema.nullable() });

const headSchema = z.strictObject({
  version: z.literal(2),
  /** `domain/split/id` */
  case: z.string(),
  from: z.enum(["reference", "prediction", "empty"]),
  /** What predicted the mask that it began from; null for the others. */
  model: modelSchema.nullable(),
  by: z.string(),
  begun: z.string(),
  /** Hash of the mask's files when it began; null where there were none. */
  mask: z.string().nullable(),
  count: z.int().min(1),
  rows: z.int().min(1),
  columns: z.int().min(1),
  /** The planes that strokes are drawn in. */
  planes: z.array(order).min(1),
  /** What bytes of its masks may be, beside 255: up to this one. */
  most: z.int().min(1).max(254),
});

/** What a draft is of, and how it began. */
export type DraftHead = z.output<typeof headSchema>;

export type DraftModel = z.output<typeof modelSchema>;
export type StrokeNote = z.output<typeof noteSchema>;

/** A slice that the model's mask was put on. */
export interface AcceptedSlice extends DraftSlice {
  /** Which stroke that was, from 1. */
  readonly stroke: number;
  readonly model: DraftModel;
}

/** What a mask was made from. */
export interface DrawnFrom extends Pick<DraftHead, "case" | "from" | "model" | "begun"> {
  readonly accepted: readonly AcceptedSlice[];
  readonly strokes: number;
}

/** Where a stroke is drawn. */
export interface DraftSlice {
  /** Number of the plane, from 0. */
  readonly plane: number;
  readonly index: number;
}

/** Of each stroke in the journal: its plane and slice, its length, and the beginning of its hash. */
const recordHead = 16;
/** Added to the plane of a stroke that has a note: the note's length in four bytes and its JSON then precede the patch. */
const noted = 256;
/** Hexadecimal digits that tell drafts apart. */
const identityLength = 24;

function checkOf(bytes: Uint8Array): number {
  return Number.parseInt(sha256(bytes).slice(0, 8), 16);
}

/** A stroke as the journal has it. */
interface Entry {
  readonly place: DraftSlice;
  readonly bytes: Uint8Array;
  readonly note: StrokeNote | undefined;
}

function encodeEntry({ place, bytes, note }: Entry): { head: Uint8Array; body: Uint8Array; check: number } {
  let body = bytes;
  if (note) {
    const words = new TextEncoder().encode(JSON.stringify(note));
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, words.length, true);
    body = Buffer.concat([new Uint8Array(length.buffer), words, bytes]);
  }
  const head = new DataView(new ArrayBuffer(recordHead));
  const check = checkOf(body);
  [place.plane + (note ? noted : 0), place.index, body.length, check].forEach((number, i) => {
    head.setUint32(4 * i, number, true);
  });
  return { head: new Uint8Array(head.buffer), body, check };
}

function decodeEntry(plane: number, index: number, body: Uint8Array): Entry {
  if (plane < noted) return { place: { plane, index }, bytes: body, note: undefined };
  const length = new DataView(body.buffer, body.byteOffset, 4).getUint32(0, true);
  const note = noteSchema.parse(JSON.parse(new TextDecoder().decode(body.subarray(4, 4 + length))));
  return { place: { plane: plane - noted, index }, bytes: body.subarray(4 + length), note };
}

export class Draft {
  private readonly grid: Grid;
  /** Of each stroke so far, what tells it from others. */
  private readonly checks: number[] = [];
  private accepted: AcceptedSlice[] = [];

  private constructor(
    private readonly folder: string,
    /** Stands for this draft and no other, also when it is opened again. */
    readonly identity: string,
    readonly head: DraftHead,
    /** One byte a voxel, `[count, rows, columns]`. */
    readonly values: Uint8Array,
    private readonly journal: AppendFile,
  ) {
    const { count, rows, columns } = head;
    this.grid = makeGrid("Draft", [count, rows, columns]);
  }

  /** Whether a draft is kept in a folder. */
  static isIn(folder: string): boolean {
    return existsSync(join(folder, "draft.json"));
  }

  /** Begins one. @param values copied. @throws ResourceError when it cannot be kept */
  static begin(folder: string, head: Omit<DraftHead, "version">, values: Uint8Array): Draft {
    rmSync(folder, { recursive: true, force: true });
    // The description is renamed last, so that a draft that has one is whole.
    writeFilesAtomic([
      [join(folder, "base.runs"), encodeRuns(values)],
      [join(folder, "draft.json"), `${JSON.stringify({ version: 2, ...head }, null, 2)}\n`],
    ]);
    return Draft.open(folder);
  }

  /** Opens one with all its strokes. @throws DataError when it is damaged; ResourceError when it cannot be written */
  static open(folder: string): Draft {
    const path = join(folder, "draft.json");
    let head: DraftHead;
    let text: string;
    try {
      text = readFileSync(path, "utf8");
      head = headSchema.parse(JSON.parse(text));
    } catch (cause) {
      throw new DataError(
        `${path} is damaged or of another version of dimseg; remove its folder to begin the correction anew`,
        { cause },
      );
    }
    const size = head.count * head.rows * head.columns;
    const values = decodeRuns(readBytes(join(folder, "base.runs")), size);
    const journal = new AppendFile(join(folder, "strokes"));
    const draft = new Draft(folder, sha256(text).slice(0, identityLength), head, values, journal);
    draft.replay();
    return draft;
  }

  get strokes(): number {
    return this.checks.length;
  }

  /** What its mask is made from: where the model's mask was put in place of all of it, from that. */
  get drawnFrom(): DrawnFrom {
    const { case: name, begun, count } = this.head;
    const whole = count === 1 ? this.accepted.at(-1) : undefined;
    const { from, model } = whole ? { from: "prediction" as const, model: whole.model } : this.head;
    return { case: name, from, model, begun, accepted: this.accepted, strokes: this.strokes };
  }

  /** The values of one slice, `[rows, columns]` of its plane. @throws DataError where there is none */
  slice(place: DraftSlice): Uint8Array {
    return this.cut(place).samples as Uint8Array;
  }

  /**
   * Takes a stroke; it is safe when this returns.
   * @param bytes as `encodeMaskPatch` gives it
   * @throws DataError for a stroke that is no patch of a slice, or draws what is no label; ResourceError when it cannot be
   *   kept
   */
  take(place: DraftSlice, bytes: Uint8Array, note?: StrokeNote): void {
    const entry = { place, bytes, note };
    this.apply(place, bytes);
    const { head, body, check } = encodeEntry(entry);
    this.journal.append(Buffer.concat([head, body]));
    this.journal.sync();
    this.count(entry, check);
  }

  /** Whether the stroke of a number, from 0, was this one. */
  isTaken(number: number, place: DraftSlice, bytes: Uint8Array, note?: StrokeNote): boolean {
    return this.checks[number] === encodeEntry({ place, bytes, note }).check;
  }

  /** Closes its file. */
  close(): void {
    this.journal.close();
  }

  /** Forgets it. @throws nothing where it is gone already */
  remove(): void {
    this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private orderOf({ plane }: DraftSlice): SliceOrder {
    const own = this.head.planes[plane];
    if (own) return own;
    throw new DataError(`a stroke is in plane ${plane}, but the case has ${this.head.planes.length}`);
  }

  private cut(place: DraftSlice): StoredImage {
    const stack = new SliceStack({ grid: this.grid, channels: 1, samples: this.values }, this.orderOf(place));
    const { index } = place;
    if (Number.isInteger(index) && index >= 0 && index < stack.count) return stack.slice(index);
    throw new DataError(`a stroke is on slice ${index}, but the case has ${stack.count}`);
  }

  private apply(place: DraftSlice, bytes: Uint8Array): void {
    const { grid, samples } = this.cut(place);
    const [height, width] = grid.shape;
    const patch = decodeMaskPatch(bytes, { width, height });
    const { most } = this.head;
    const unknown = patch.values.find((value) => value > most && value !== ignoredLabel);
    if (unknown !== undefined) throw new DataError(`a stroke draws ${unknown}, which is no class of the data set`);
    applyMaskPatch(samples as Uint8Array, width, patch);
    placeSlice(this.values, this.grid, this.orderOf(place), place.index, samples as Uint8Array);
  }

  private count({ place, note }: Entry, check: number): void {
    this.checks.push(check);
    if (note?.model) this.accepted = [...this.accepted, { ...place, stroke: this.strokes, model: note.model }];
    if (note?.model !== null) return;
    const undone = this.accepted.findLastIndex(({ plane, index }) => plane === place.plane && index === place.index);
    this.accepted = this.accepted.filter((_, i) => i !== undone);
  }

  private replay(): void {
    const end = this.journal.offset;
    const bytes = this.journal.read(0, end);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at + recordHead <= bytes.length) {
      const [plane, index, length, check] = [0, 4, 8, 12].map((offset) => view.getUint32(at + offset, true));
      const body = bytes.subarray(at + recordHead, at + recordHead + length);
      if (body.length < length || checkOf(body) !== check) break;
      const entry = decodeEntry(plane, index, body);
      this.apply(entry.place, entry.bytes);
      this.count(entry, check);
      at += recordHead + length;
    }
    if (at < end) this.journal.truncateTo(at);
  }
}
