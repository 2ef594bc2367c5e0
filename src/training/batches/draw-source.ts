/**
 * Where training's images come from, as the loop sees it: numbers in, prepared images out some time later. Nothing here says
 * that they lie in files, on this machine, or where each can be read by itself.
 */
import type { DecodedCase } from "../../data/decoded-case.js";

/** Which draws are meant, so that what is chosen within an image (a patch of a volume) is the same whoever chooses it. */
export interface DrawPlace {
  readonly iteration: number;
  /** Position in the whole batch of the first image that is asked for. */
  readonly first: number;
}

/** What batches are drawn from. */
export interface DrawSource {
  /** How many there are: pictures, slices or volumes. */
  readonly length: number;
  /**
   * Those of the given numbers, 0 … length − 1, as the network sees them, in their order.
   * @throws DataError when one cannot be read
   */
  get(indices: readonly number[], place: DrawPlace): Promise<DecodedCase[]>;
}

/** As what an image is drawn. */
export type DrawPurpose = "labelled" | "unlabelled";

/** The two kinds of images of a step. */
export interface TrainingDraws {
  readonly labelled: DrawSource;
  readonly unlabelled: DrawSource;
  /** The images of each domain, of both kinds and without their labels, the labelled domain first. */
  readonly domains: readonly DrawSource[];
}
