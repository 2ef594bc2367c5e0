/** What the studio shows of cases. Types alone: they are the same in this process and in the page. */

/** What an estimate says of one part of a case's mask. */
export interface PartEstimateShown {
  readonly part: string;
  /** Dice, 0 to 1; null where the labelled images say too little. */
  readonly dice: number | null;
  readonly low: number;
  readonly high: number;
  readonly doubtful: boolean;
}

/** What a run uses a case for; `spare` is in the training set and not used. */
export type CaseUse = "labelled" | "validation" | "unlabelled" | "spare" | "test";

/** A case in a list. */
export interface CaseOverview {
  /** Stands for the case in addresses; no path can be made of it. */
  readonly id: string;
  readonly domain: string;
  readonly name: string;
  readonly use: CaseUse;
  /** Whether it has a mask. */
  readonly masked: boolean;
  /** Whether that mask was drawn or corrected here. */
  readonly corrected: boolean;
  /** Whether a correction was begun that is not yet its mask. */
  readonly draft: boolean;
  /** The part whose interval reaches lowest; null where nothing was estimated. */
  readonly worst: PartEstimateShown | null;
  readonly estimates: readonly PartEstimateShown[];
}

/** All cases of a run's data set. */
export interface CaseList {
  readonly dataset: string;
  readonly kind: "pictures" | "volumes";
  readonly domains: readonly string[];
  readonly cases: readonly CaseOverview[];
  /** Of the estimates; null where there are none. */
  readonly estimated: { readonly step: number; readonly network: string } | null;
  /** Whether estimates are being made. */
  readonly estimating: boolean;
  /** Why making them failed. */
  readonly failure: string | null;
}

/** A part that masks show. */
export interface ShownLabel {
  /** The class's number. */
  readonly value: number;
  readonly name: string;
  /** `#rrggbb` */
  readonly colour: string;
  /** The class that contains it. */
  readonly inside?: string;
}

/** Whether a byte of a mask is a class's number, or the set of classes (bit 0 is class 0); 255: not labelled. */
export type MaskBytes = "softmax" | "sigmoid";

/** The patient's sides at the edges of a slice. */
export interface ShownLetters {
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

/** A way to cut a case into slices; a picture is one slice. */
export interface ShownPlane {
  readonly name: string;
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** Height and width of a slice in millimetres, or in pixels where nobody knows. */
  readonly height: number;
  readonly width: number;
  readonly letters: ShownLetters | null;
}

/** A case that was opened. */
export interface CaseFacts {
  readonly id: string;
  readonly domain: string;
  readonly name: string;
  readonly use: CaseUse;
  /** Its image's file, from the data set's folder. */
  readonly file: string;
  readonly planes: readonly ShownPlane[];
  /** Which of the planes masks are drawn in. */
  readonly drawnIn: number;
  /** Millimetres between voxels, slowest axis first; null where nobody knows. */
  readonly spacing: readonly number[] | null;
  /** What bytes of reference and prediction mean. */
  readonly target: MaskBytes;
  /** The parts, outermost first. */
  readonly labels: readonly ShownLabel[];
  readonly hasReference: boolean;
  /** Whether a correction was begun that is not yet its mask. */
  readonly hasDraft: boolean;
  readonly estimates: readonly PartEstimateShown[];
}

/** What a network says of a case. */
export interface AnswerFacts {
  readonly answeredBy: string;
  /** Dice of the prediction against the reference by part; none where there is no reference. */
  readonly dice: readonly { readonly part: string; readonly dice: number }[];
}

/** Layers that slices are fetched of: bytes of the image side by side, or one byte a pixel. */
export type LayerName = "image" | "reference" | "prediction" | "doubt";
