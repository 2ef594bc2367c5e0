/** Everything that the batches of a run can draw from, where its cases lie in files. */
import { DataError } from "../../core/errors.js";
import { groupBy } from "../../core/group-by.js";
import type { Case } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decoded-case.js";
import { type Drawable, decodedDrawable, drawables } from "../../data/volumes/case-slices.js";
import { type ContentsByCase, requireContents } from "../../runs/split-record.js";
import type { TrainingSession } from "../session.js";
import type { DrawPlace, DrawPurpose, DrawSource, TrainingDraws } from "./draw-source.js";
import { drawPatch } from "./patches.js";

type Drawing = Pick<TrainingSession, "dataset" | "cache" | "patch" | "config"> & {
  /** Hashes that the files have to have. */
  readonly wanted: ContentsByCase | undefined;
};

/** Pictures, slices or patches of cases by way of the cache. */
class CaseDraws implements DrawSource {
  constructor(
    private readonly all: readonly Drawable[],
    private readonly purpose: DrawPurpose,
    private readonly drawing: Drawing,
  ) {}

  get length(): number {
    return this.all.length;
  }

  get(indices: readonly number[], { iteration, first }: DrawPlace): Promise<DecodedCase[]> {
    return Promise.all(indices.map((number, i) => this.drawn(this.all[number], iteration, first + i)));
  }

  /** What the network sees of a drawable: a picture, a slice, or a patch drawn anew in each step. */
  private async drawn(one: Drawable, iteration: number, index: number): Promise<DecodedCase> {
    const { purpose } = this;
    const { cache, dataset, patch, config, wanted } = this.drawing;
    const { label, ...image } = await decodedDrawable(one, cache);
    if (wanted) requireContents(one.case, await cache.contentsOf(one.case), wanted);
    // Masks of cases that count as unlabelled have no say in anything.
    const decoded = label && purpose === "labelled" ? { ...image, label } : image;
    const { seed } = config.training;
    return patch ? drawPatch(decoded, dataset, patch, { seed, purpose, iteration, index }) : decoded;
  }
}

/**
 * The pictures, slices or volumes of a session's labelled and unlabelled cases.
 * @param wanted the hashes of files that another process trains on too; drawing one that is another is a DataError
 * @throws DataError when no labelled slice shows a part and all others are dropped
 */
export async function drawsOf(
  session: Pick<TrainingSession, "dataset" | "cache" | "patch" | "config" | "split" | "usesUnlabelled">,
  wanted?: ContentsByCase,
): Promise<TrainingDraws> {
  const { split, usesUnlabelled, dataset, cache, patch } = session;
  const drawing = { dataset, cache, patch, config: session.config, wanted };
  const all = (cases: readonly Case[], isLabelled: boolean): Promise<Drawable[]> =>
    patch ? Promise.resolve(cases.map((one) => ({ case: one }))) : drawables(cases, isLabelled, dataset, cache);
  const labelled = await all(split.labelled, true);
  if (labelled.length === 0)
    throw new DataError(
      `${dataset.path}: no slice of the labelled volumes shows a class, and emptySlices: drop leaves out the others; ` +
        "label more of them, or keep empty slices",
    );
  const unlabelled = usesUnlabelled ? await all(split.unlabelled, false) : [];
  const domains = groupBy([...labelled, ...unlabelled], (one) => one.case.domain);
  return {
    labelled: new CaseDraws(labelled, "labelled", drawing),
    unlabelled: new CaseDraws(unlabelled, "unlabelled", drawing),
    domains: [...domains.values()].map((own) => new CaseDraws(own, "unlabelled", drawing)),
  };
}
