/** What a server and its workers, which are processes of their own, tell each other. */
import type { MaskFormat } from "../../data/formats/mask-format-names.js";
import type { AskedNetwork } from "../prediction/segmenter.js";

/** A value of the masks. */
export interface ServedClass {
  readonly name: string;
  readonly value: number;
  /** `#rrggbb`; null of what is no part, such as background. */
  readonly colour: string | null;
}

/** What a server's clients may know of its model. */
export interface ModelFacts {
  /** Which network and checkpoint, for people. */
  readonly answeredBy: string;
  readonly kind: "pictures" | "volumes";
  /** What each value of the masks means. */
  readonly classes: readonly ServedClass[];
  /** Parts that overlap, each with a mask of its own; none where classes exclude each other. */
  readonly overlapping: readonly string[];
  /** Names of an image's channels, where they are more than colours. */
  readonly channels: readonly string[] | null;
  /** What masks may be written as, the usual one first. */
  readonly formats: readonly (MaskFormat | "png")[];
  /** Whether estimates of the masks can be had. */
  readonly quality: boolean;
  /** What is done to the masks, for people. */
  readonly rules: string | null;
}

/** One upload to segment. */
export interface Upload {
  /** Holds the file {@link uploadName} and takes whatever comes of it; nothing else is in it. */
  readonly folder: string;
  /** Of volumes. */
  readonly format?: MaskFormat | undefined;
  /** The mask of one overlapping part rather than of all. */
  readonly part?: string | undefined;
  readonly quality: boolean;
}

/** Name of an upload in its folder. */
export const uploadName = "upload";

/** How good the mask of a part is, as far as can be told. */
export interface PartQuality {
  readonly part: string;
  /** Estimated Dice in [0, 1]; null where nothing is known of its like. */
  readonly dice: number | null;
  readonly low: number;
  readonly high: number;
  readonly doubtful: boolean;
}

/** What became of an upload. */
export interface Segmented {
  /** File of the mask, in the upload's folder. */
  readonly file: string;
  /** Ending that the mask's name should have, without its dot. */
  readonly extension: string;
  /** Null where it was not asked for. */
  readonly quality: readonly PartQuality[] | null;
}

/** Why something was not done. */
export interface Failure {
  readonly message: string;
  /** Of the typed error; null for a defect, whose message is its stack. */
  readonly exitCode: number | null;
}

export type ToWorker =
  | { readonly open: AskedNetwork }
  /** One at a time, once it has opened. */
  | { readonly segment: Upload };

export type FromWorker =
  | { readonly opened: ModelFacts }
  | { readonly warning: string }
  | { readonly segmented: Segmented }
  /** Of what was asked last. */
  | { readonly failed: Failure };
