/** In how many digits an exported graph keeps its numbers, and what that may cost. */

/** As what the weights of an ONNX file can be kept while it computes in float32. */
export const weightNames = ["fp32", "fp16"] as const;
export type WeightName = (typeof weightNames)[number];

/** In what a graph keeps its numbers: int8 also computes in whole numbers of 8 bits. */
export const precisionNames = [...weightNames, "int8"] as const;
export type PrecisionName = (typeof precisionNames)[number];

/** Most that probabilities may differ by, the largest share of pixels with another label, and the most Dice lost. */
export interface PrecisionLimits {
  readonly probability: number;
  readonly pixels: number;
  readonly dice: number;
}

/** Numbers of fewer digits may change more, as long as masks stay as good. */
export const precisionLimits: Readonly<Record<PrecisionName, PrecisionLimits>> = {
  fp32: { probability: 1e-4, pixels: 1e-4, dice: 1e-4 },
  fp16: { probability: 0.05, pixels: 1e-3, dice: 1e-3 },
  // What one pixel says may turn over at an edge; what counts are the masks.
  int8: { probability: 1, pixels: 0.02, dice: 5e-3 },
};

/** What a graph of fewer digits was found to lose when it was made. */
export interface PrecisionLoss {
  readonly precision: Exclude<PrecisionName, "fp32">;
  /** From how many training images, and pieces of them (slices, windows), ranges come; null where none are needed. */
  readonly calibration: { readonly images: number; readonly pieces: number } | null;
  /** Which of the run's labelled images it was judged on. */
  readonly judgedOn: "validation" | "training";
  readonly cases: number;
  /** Mean Dice over cases and parts, in [0, 1]; null where no part could be judged. */
  readonly dice: { readonly fp32: number; readonly reduced: number } | null;
  /** The most Dice that may be lost. */
  readonly bound: number;
  /** Whether no more is lost. */
  readonly holds: boolean;
}
