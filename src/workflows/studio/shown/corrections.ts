/** What the studio shows of corrections. Types alone: they are the same in this process and in the page. */

/** What a correction begins from. */
export type DraftOrigin = "reference" | "prediction" | "empty";

/** A correction under way. */
export interface DraftFacts {
  /** Stands for this correction and no other, also after the studio was started anew. */
  readonly session: string;
  readonly from: DraftOrigin;
  /** Who began it, and when. */
  readonly by: string;
  readonly begun: string;
  /** Strokes so far; what a page sends says how many it has seen. */
  readonly strokes: number;
  /** Whether the network was asked about the case, so that its mask can be shown beside. */
  readonly predicted: boolean;
}

/** A mask that was written. */
export interface SavedMask {
  /** From the data set's folder. */
  readonly file: string;
  /** Where the file that was there before is kept, from the data set's folder; null where there was none of somebody else's. */
  readonly kept: string | null;
}
