/** The cases of a run's data set: the list, and those that are open, within a bound of memory. */
import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { readResolvedConfig } from "../../config/config.js";
import { UsageError } from "../../core/errors.js";
import { channelFilesOf, maskFilesOf } from "../../data/case-files.js";
import { allCases, type Case, caseName, type Dataset, loadDataset } from "../../data/dataset.js";
import { fileOf } from "../../data/inside-file.js";
import { openRunFolder, type RunFolder } from "../../runs/run-folder.js";
import { readSplit, type SplitRecord } from "../../runs/split-record.js";
import { correctedCases } from "./correction/corrected-cases.js";
import { Draft } from "./correction/draft.js";
import { correctionsFolder } from "./correction/mask-place.js";
import { readEstimates } from "./estimates-file.js";
import { OpenedCase } from "./open-case.js";
import { kindOf } from "./planes.js";
import { idOf } from "./run-overview.js";
import type { CaseFacts, CaseList, CaseOverview, CaseUse, PartEstimateShown } from "./shown/cases.js";

/** Bytes of opened cases that are kept beside the newest one. */
const keptBytes = 2 ** 28;

function useOf(
  name: string,
  { split }: Case,
  { labelled, validation, unlabelled }: Record<keyof SplitRecord, Set<string>>,
) {
  if (split === "test") return "test";
  if (labelled.has(name)) return "labelled";
  if (validation.has(name)) return "validation";
  return unlabelled.has(name) ? "unlabelled" : "spare";
}

export class RunCases {
  readonly folder: RunFolder;
  /** Path of the data set's file. */
  private readonly path: string;
  /** Names of the training cases by their use. */
  readonly uses: Readonly<Record<keyof SplitRecord, Set<string>>>;
  private loaded: { dataset: Dataset; cases: ReadonlyMap<string, Case>; at: number } | undefined;
  private readonly opened = new Map<string, Promise<OpenedCase>>();
  private readonly sizes = new Map<string, number>();

  /** @throws DimsegError when the run or its data set cannot be read */
  constructor(run: string) {
    this.folder = openRunFolder(run);
    const config = readResolvedConfig(this.folder.config);
    this.path = config.dataset;
    const { labelled, validation, unlabelled } = readSplit(this.folder.split, config);
    this.uses = { labelled: new Set(labelled), validation: new Set(validation), unlabelled: new Set(unlabelled) };
  }

  /** The data set as its file says it now. */
  private current() {
    const at = statSync(this.path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (this.loaded?.at !== at) {
      const dataset = loadDataset(this.path);
      const cases = new Map(allCases(dataset).map((one) => [idOf(caseName(one)), one]));
      this.loaded = { dataset, cases, at };
    }
    return this.loaded;
  }

  get dataset(): Dataset {
    return this.current().dataset;
  }

  /** The case of an id. @throws UsageError where there is none */
  caseOf(id: string): Case {
    const one = this.current().cases.get(id);
    if (one) return one;
    throw new UsageError("there is no such case (any more); go back to the list of cases");
  }

  /** `domain/split/id`. @throws UsageError where there is none */
  nameOf(id: string): string {
    return caseName(this.caseOf(id));
  }

  /** Changes with the case's files. */
  async signOf(id: string): Promise<string> {
    const one = this.caseOf(id);
    const files = [...channelFilesOf(one), ...maskFilesOf(one).map(({ path }) => path)];
    const ages = await Promise.all(
      files.map((path) =>
        stat(fileOf(path)).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        ),
      ),
    );
    return ages.join();
  }

  /** Where the draft of a case's correction lies, also while there is none. */
  draftFolder(id: string): string {
    return join(correctionsFolder(this.dataset), "drafts", id);
  }

  private useOf(one: Case): CaseUse {
    return useOf(caseName(one), one, this.uses);
  }

  private estimatesOf(one: Case, all = readEstimates(this.folder.quality)): readonly PartEstimateShown[] {
    return all?.byCase.get(`${one.domain}/${one.id}`) ?? [];
  }

  /** All cases, domain by domain. */
  list(): Omit<CaseList, "estimating" | "failure"> {
    const { dataset, cases } = this.current();
    const estimates = readEstimates(this.folder.quality);
    const corrected = correctedCases(dataset);
    const overview = ([id, one]: [string, Case]): CaseOverview => {
      // Estimates are of the cases that a domain is judged on.
      const isJudged = one.split === "test" || dataset.domains[one.domainIndex].cases("test").length === 0;
      const own = isJudged ? this.estimatesOf(one, estimates) : [];
      return {
        ...{ id, domain: one.domain, name: one.id, use: this.useOf(one), masked: one.maskPath !== undefined },
        ...{ corrected: corrected.has(caseName(one)), draft: Draft.isIn(this.draftFolder(id)) },
        worst: own.reduce<PartEstimateShown | null>(
          (worst, part) => (worst && worst.low <= part.low ? worst : part),
          null,
        ),
        estimates: own,
      };
    };
    return {
      ...{ dataset: dataset.name, kind: kindOf(dataset), domains: dataset.domains.map(({ name }) => name) },
      cases: [...cases].map(overview),
      estimated: estimates && { step: estimates.step, network: estimates.network },
    };
  }

  /** Opens a case, or takes it from memory. @throws UsageError where there is none; DataError when it cannot be decoded */
  async open(id: string): Promise<OpenedCase> {
    const one = this.caseOf(id);
    const known = this.opened.get(id) ?? OpenedCase.open(this.dataset, one);
    this.opened.delete(id);
    this.opened.set(id, known);
    try {
      const opened = await known;
      this.bound(id, opened);
      return opened;
    } catch (error) {
      this.opened.delete(id);
      throw error;
    }
  }

  /** Lets the cases go that were looked at longest ago. */
  private bound(newest: string, { bytes }: OpenedCase): void {
    this.sizes.set(newest, bytes);
    let total = [...this.opened.keys()].reduce((sum, id) => sum + (this.sizes.get(id) ?? 0), 0);
    for (const id of [...this.opened.keys()]) {
      if (total <= keptBytes || id === newest) break;
      total -= this.sizes.get(id) ?? 0;
      this.opened.delete(id);
    }
  }

  /** Looks at the files anew: a mask was written. */
  forget(id: string): void {
    this.opened.delete(id);
    this.loaded = undefined;
  }

  /** An opened case, as it is shown. */
  factsOf(id: string, opened: OpenedCase): CaseFacts {
    const { one, planes, drawnIn, grid, file } = opened;
    return {
      ...{ id, domain: one.domain, name: one.id, use: this.useOf(one), file, drawnIn },
      planes: planes.map(({ order: _, ...plane }) => plane),
      spacing: grid.spacing,
      ...{ target: opened.dataset.target, labels: opened.shownLabels },
      ...{ hasReference: opened.reference !== null, hasDraft: Draft.isIn(this.draftFolder(id)) },
      estimates: this.estimatesOf(one),
    };
  }
}
