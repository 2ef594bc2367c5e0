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
import { AppendFile } from "../../../runs/append-file.js";

const whole = z.int().min(0);
const axes = z
  .tuple([whole.max(2), whole.max(2), whole.max(2)])
  .refine((all) => new Set(all).size === all.length)
  .readonly();
/** How slices are cut from `[count, rows, columns]`. */
const order = z.strictObject({ axes, reversed: z.tuple([z.boolean(), z.boolean(), z.boolean()]).readonly() });

const headSchema = z.strictObject({
  version: z.literal(2),
  /** `domain/split/id` */
  case: z.string(),
  from: z.enum(["reference", "prediction", "empty"]),
  /** What predicted the mask that it began from; null for the others. */
  model: z.strictObject({ run: z.string(), answeredBy: z.string() }).nullable(),
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

/** Where a stroke is drawn. */
export interface DraftSlice {
  /** Number of the plane, from 0. */
  readonly plane: number;
  readonly index: number;
}

/** Of each stroke in the journal: its plane and slice, its length, and the beginning of its hash. */
const recordHead = 16;

function checkOf(bytes: Uint8Array): number {
  return Number.parseInt(sha256(bytes).slice(0, 8), 16);
}

export class Draft {
  private readonly grid: Grid;

  private constructor(
    private readonly folder: string,
    readonly head: DraftHead,
    /** One byte a voxel, `[count, rows, columns]`. */
    readonly values: Uint8Array,
    private readonly journal: AppendFile,
    private taken: number,
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
    try {
      head = headSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    } catch (cause) {
      throw new DataError(
        `${path} is damaged or of another version of dimseg; remove its folder to begin the correction anew`,
        { cause },
      );
    }
    const size = head.count * head.rows * head.columns;
    const values = decodeRuns(readBytes(join(folder, "base.runs")), size);
    const journal = new AppendFile(join(folder, "strokes"));
    const draft = new Draft(folder, head, values, journal, 0);
    draft.replay();
    return draft;
  }

  get strokes(): number {
    return this.taken;
  }

  /** The values of one slice, `[rows, columns]` of its plane. @throws DataError where there is none */
  slice(place: DraftSlice): Uint8Array {
    return this.cut(place).samples as Uint8Array;
  }

  /**
   * Takes a stroke; it is safe when this returns.
   * @param patch as `encodeMaskPatch` gives it
   * @throws DataError for a stroke that is no patch of a slice, or draws what is no label; ResourceError when it cannot be
   *   kept
   */
  take(place: DraftSlice, patch: Uint8Array): void {
    this.apply(place, patch);
    const head = new DataView(new ArrayBuffer(recordHead));
    [place.plane, place.index, patch.length, checkOf(patch)].forEach((number, i) => {
      head.setUint32(4 * i, number, true);
    });
    this.journal.append(Buffer.concat([new Uint8Array(head.buffer), patch]));
    this.journal.sync();
    this.taken++;
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

  private replay(): void {
    const end = this.journal.offset;
    const bytes = this.journal.read(0, end);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at + recordHead <= bytes.length) {
      const [plane, index, length, check] = [0, 4, 8, 12].map((offset) => view.getUint32(at + offset, true));
      const patch = bytes.subarray(at + recordHead, at + recordHead + length);
      if (patch.length < length || checkOf(patch) !== check) break;
      this.apply({ plane, index }, patch);
      this.taken++;
      at += recordHead + length;
    }
    if (at < end) this.journal.truncateTo(at);
  }
}
