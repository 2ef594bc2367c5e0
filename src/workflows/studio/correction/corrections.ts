/** Corrections of masks under way: opened, drawn on, written, given up. */
import { randomBytes } from "node:crypto";
import { UsageError } from "../../../core/errors.js";
import { sha256 } from "../../../core/sha256.js";
import { maskFilesOf } from "../../../data/case-files.js";
import { caseName, type Dataset } from "../../../data/dataset.js";
import { readBytes } from "../../../data/images/read-image.js";
import { codesOfBytes } from "../../../data/masks/code-bytes.js";
import { voxelCount } from "../../../grid/grid.js";
import { sliceOrder } from "../../../grid/slices.js";
import type { OpenedCase } from "../open-case.js";
import type { RunCases } from "../run-cases.js";
import type { DraftFacts, DraftOrigin, SavedMask } from "../shown/corrections.js";
import { Draft, type DraftSlice } from "./draft.js";
import { personName } from "./record.js";
import { saveMask } from "./save-mask.js";

/** A page that draws, and what it draws on. */
interface OpenDraft {
  readonly session: string;
  readonly draft: Draft;
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

export class Corrections {
  private readonly open = new Map<string, OpenDraft>();

  /**
   * Opens the correction of a case where it was left, or begins one. Whoever drew on it in another page cannot any more.
   * @param opened the case, with a network's answer where the correction is to begin from it
   * @param from   what a new one begins from
   * @throws UsageError when that is not there; DataError, ResourceError as keeping it does
   */
  async begin(
    cases: RunCases,
    id: string,
    opened: OpenedCase,
    from: DraftOrigin,
    answeredBy: string | null,
  ): Promise<DraftFacts> {
    const folder = cases.draftFolder(id);
    this.open.get(folder)?.draft.close();
    const draft = Draft.isIn(folder) ? Draft.open(folder) : await beginDraft(cases, folder, opened, from, answeredBy);
    const session = randomBytes(12).toString("hex");
    this.open.set(folder, { session, draft });
    return { ...factsOf(draft, session), predicted: opened.isAnswered };
  }

  /** The bytes of a slice of a correction. @throws UsageError as {@link take}; DataError where there is none */
  slice(cases: RunCases, id: string, session: string, place: DraftSlice): Uint8Array {
    return this.draftOf(cases, id, session).draft.slice(place);
  }

  /**
   * Takes a stroke; it is on the disk when this returns.
   * @throws UsageError when the correction was opened in another page since, or is not there any more; DataError,
   *   ResourceError as Draft.take
   */
  take(cases: RunCases, id: string, session: string, place: DraftSlice, patch: Uint8Array): void {
    this.draftOf(cases, id, session).draft.take(place, patch);
  }

  /** Writes the mask and ends the correction. @throws DataError, ResourceError as saveMask: the correction then stays */
  async save(cases: RunCases, id: string, session: string): Promise<SavedMask> {
    const { draft } = this.draftOf(cases, id, session);
    const { dataset } = cases;
    const codes = codesOfBytes(draft.values, dataset);
    const saved = await saveMask(dataset, cases.caseOf(id), codes, draft.head, draft.strokes);
    this.end(cases, id);
    cases.forget(id);
    return saved;
  }

  /** Gives a correction up; the mask stays as it was. @throws UsageError as {@link take} */
  discard(cases: RunCases, id: string, session: string): void {
    this.draftOf(cases, id, session);
    this.end(cases, id);
  }

  private end(cases: RunCases, id: string): void {
    const folder = cases.draftFolder(id);
    this.open.get(folder)?.draft.remove();
    this.open.delete(folder);
  }

  private draftOf(cases: RunCases, id: string, session: string): OpenDraft {
    const own = this.open.get(cases.draftFolder(id));
    if (own?.session === session) return own;
    throw new UsageError("this correction was opened elsewhere since, or has ended; open the case again to go on");
  }
}

async function beginDraft(
  cases: RunCases,
  folder: string,
  opened: OpenedCase,
  from: DraftOrigin,
  answeredBy: string | null,
): Promise<Draft> {
  const { grid, dataset, planes } = opened;
  const [rows, columns] = grid.shape.slice(-2);
  const size = voxelCount(grid);
  const empty = from === "empty" ? new Uint8Array(size) : undefined;
  const values = { reference: opened.reference ?? undefined, prediction: opened.predicted, empty }[from];
  if (!values) throw new UsageError(`there is no ${from} to begin from; begin from another one`);
  const head = {
    ...{ case: caseName(opened.one), from, by: personName(), begun: new Date().toISOString() },
    model: from === "prediction" && answeredBy !== null ? { run: cases.folder.path, answeredBy } : null,
    ...{ mask: await hashOfMask(opened), count: size / (rows * columns), rows, columns },
    ...{ planes: planes.map(({ order }) => order ?? sliceOrder(grid, "stored")), most: mostByte(dataset) },
  };
  return Draft.begin(folder, head, values);
}

function factsOf({ head, strokes }: Draft, session: string): Omit<DraftFacts, "predicted"> {
  const { from, by, begun } = head;
  return { session, from, by, begun, strokes };
}
