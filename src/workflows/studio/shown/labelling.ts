/** What the studio shows of labels to come. Types alone: they are the same in this process and in the page. */
import type { CaseOverview } from "./cases.js";

/** A case that is worth a label. */
export interface SuggestedCase {
  /** From 1, the most useful. */
  readonly rank: number;
  /** Half a sentence. */
  readonly reason: string;
  readonly one: CaseOverview;
}

/** A case whose corrected mask the run has not learnt from. */
export interface CorrectedCase {
  readonly id: string;
  readonly domain: string;
  readonly name: string;
  /** A label more, or a label that the run learnt from as it was before. */
  readonly change: "added" | "changed";
}

/** What to label next in a run's data set, and what was. */
export interface LabelList {
  /** Of the suggestion; null where there is none. */
  readonly suggested: { readonly step: number; readonly strategy: string } | null;
  readonly images: readonly SuggestedCase[];
  /** Whether images are being chosen, and why that failed. */
  readonly suggesting: boolean;
  readonly failure: string | null;
  readonly corrected: readonly CorrectedCase[];
  /** Corrected masks of test cases and of subjects kept for validation, which are never learnt from. */
  readonly leftOut: number;
  /** Steps of the run. */
  readonly iterations: number;
}

/** How the beginning of a run stands. */
export interface RunBeginning {
  readonly id: string;
  /** Its folder, from the studio's one. */
  readonly place: string;
  /** Whether it can be looked at: before, the images are decoded. */
  readonly there: boolean;
  /** Why it did not begin. */
  readonly failure: string | null;
}
