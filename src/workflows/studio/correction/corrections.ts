/** Corrections of masks under way: opened, drawn on, written, given up. */
import { UsageError } from "../../../core/errors.js";
import { sha256 } from "../../../core/sha256.js";
import { maskFilesOf } from "../../../data/case-files.js";
import { caseName, type Dataset } from "../../../data/dataset.js";
import { readBytes } from "../../../data/images/read-image.js";
import { codesOfBytes } from "../../../data/masks/code-bytes.js";
import { voxelCount } from "../../../grid/grid.js";
import { sliceOrder } from "../../../grid/slices.js";
import type { CaseAnswer, OpenedCase } from "../open-case.js";
import type { RunCases } from "../run-cases.js";
import type { DraftFacts, DraftOrigin, SavedMask } from "../shown/corrections.js";
import { Draft, type DraftSlice, type StrokeNote } from "./draft.js";
import { personName } from "./record.js";
import { requireWritable, saveMask } from "./save-mask.js";

/** A stroke as a page sends it. */
export interface SentStroke extends DraftSlice {
  /** How many strokes came before it. */
  readonly number: number;
  /** As `encodeMaskPatch` gives it. */
  readonly patch: Uint8Array;
  /** What answered where the stroke put the model's mask in place; null where it took that back. */
  readonly model?: { readonly answeredBy: string } | null | undefined;
}

/** The largest byte that a class, or a set of them, has. */
function mostByte({ target, outputs }: Dataset): number {
  return target === "softmax" ? outputs - 1 : 2 ** outputs - 1;
}

/** Of all files of a case's mask; null where there are none. */
async function hashOfMask(opened: OpenedCase): Promise<string | null> {
  const files = maskFilesOf(opened.one);
  const contents: Uint8Array[] = [];
  for (const { path } of files) contents.push(await readBytes(path));
  return files.length === 0 ? null : sha256(...contents);
}

/** Pages name a correction by its session and say how many strokes they have seen, so that none draws over another. */
export class Corrections {
  private readonly open = new Map<string, Draft>();

  /**
   * Opens the correction of a case where it was left, or begins one.
   * @param from what a new one begins from
   * @param ask  asks the network about the case
   * @throws UsageError when there is nothing to begin from; DataError where its mask could not be written; else as asking and
   *   keeping do
   */
  async begin(cases: RunCases, id: string, from: DraftOrigin, ask: () => Promise<CaseAnswer>): Promise<DraftFacts> {
    const folder = cases.draftFolder(id);
    const opened = await cases.open(id);
    const draft = this.kept(folder) ?? (await beginDraft(cases, folder, opened, from, ask));
    this.open.set(folder, draft);
    return { ...factsOf(draft), predicted: opened.isAnswered };
  }

  /** The bytes of a slice of a correction. @throws UsageError where that is not there any more; DataError where there is none */
  slice(cases: RunCases, id: string, session: string, place: DraftSlice): Uint8Array {
    return this.draftOf(cases, id, session).slice(place);
  }

  /**
   * Takes a stroke; it is on the disk when this returns. One that was taken already is not taken twice.
   * @throws UsageError when the correction is not there any more, or others were drawn in its place; DataError, ResourceError
   *   as Draft.take
   */
  take(cases: RunCases, id: string, session: string, stroke: SentStroke): void {
    const draft = this.draftOf(cases, id, session);
    const { number, plane, index, patch, model } = stroke;
    const place = { plane, index };
    const note: StrokeNote | undefined =
      model === undefined ? undefined : { model: model && { run: cases.folder.path, ...model } };
    if (number < draft.strokes && draft.isTaken(number, place, patch, note)) return;
    requireSeen(draft, number);
    draft.take(place, patch, note);
  }

  /**
   * Writes the mask and ends the correction.
   * @param strokes that the page has seen
   * @throws UsageError as {@link take}; DataError, ResourceError as saveMask: the correction then stays
   */
  async save(cases: RunCases, id: string, session: string, strokes: number): Promise<SavedMask> {
    const draft = this.draftOf(cases, id, session);
    requireSeen(draft, strokes);
    const { dataset } = cases;
    const codes = codesOfBytes(draft.values, dataset);
    const saved = await saveMask(dataset, cases.caseOf(id), codes, draft.drawnFrom);
    this.end(cases, id);
    cases.forget(id);
    return saved;
  }

  /** Gives a correction up; the mask stays as it was. @throws UsageError as {@link take} */
  discard(cases: RunCases, id: string, session: string, strokes: number): void {
    requireSeen(this.draftOf(cases, id, session), strokes);
    this.end(cases, id);
  }

  private end(cases: RunCases, id: string): void {
    const folder = cases.draftFolder(id);
    this.open.get(folder)?.remove();
    this.open.delete(folder);
  }

  /** The draft in a folder, from memory or, as after a restart, from the disk. */
  private kept(folder: string): Draft | undefined {
    const own = this.open.get(folder);
    if (Draft.isIn(folder)) {
      const draft = own ?? Draft.open(folder);
      this.open.set(folder, draft);
      return draft;
    }
    own?.close();
    this.open.delete(folder);
    return undefined;
  }

  private draftOf(cases: RunCases, id: string, session: string): Draft {
    const own = this.kept(cases.draftFolder(id));
    if (own?.identity === session) return own;
    throw new UsageError(
      "this correction has ended, in another page or by hand; open the case again to begin a new one",
    );
  }
}

/** @throws UsageError when the correction has strokes that a page has not seen */
function requireSeen({ strokes }: Draft, seen: number): void {
  if (seen !== strokes)
    throw new UsageError(
      "this correction has gone on in another page since; open it again to go on with what is there",
    );
}

async function beginDraft(
  cases: RunCases,
  folder: string,
  opened: OpenedCase,
  from: DraftOrigin,
  ask: () => Promise<CaseAnswer>,
): Promise<Draft> {
  const { grid, dataset, planes, one } = opened;
  requireWritable(dataset, one);
  if (from === "prediction") opened.take(await ask());
  const { answeredBy } = opened;
  const [rows, columns] = grid.shape.slice(-2);
  const size = voxelCount(grid);
  const empty = from === "empty" ? new Uint8Array(size) : undefined;
  const values = { reference: opened.reference ?? undefined, prediction: opened.predicted, empty }[from];
  if (!values) throw new UsageError(`there is no ${from} to begin from; begin from another one`);
  const head = {
    ...{ case: caseName(one), from, by: personName(), begun: new Date().toISOString() },
    model: from === "prediction" && answeredBy !== undefined ? { run: cases.folder.path, answeredBy } : null,
    ...{ mask: await hashOfMask(opened), count: size / (rows * columns), rows, columns },
    ...{ planes: planes.map(({ order }) => order ?? sliceOrder(grid, "stored")), most: mostByte(dataset) },
  };
  return Draft.begin(folder, head, values);
}

function factsOf({ head, strokes, identity }: Draft): Omit<DraftFacts, "predicted"> {
  const { from, by, begun } = head;
  return { session: identity, from, by, begun, strokes };
}
