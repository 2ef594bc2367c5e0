/** What of a data set its networks' answers to new images depend on, apart from files and cases: a browser knows it, too. */
import type { TargetKind } from "../core/target-kind.js";
import type { ResizeFilter } from "../grid/filter-taps.js";
import type { SlicePlane } from "../grid/slices.js";
import type { IntensityRule, ValueWindow, ZScoreRule } from "./volumes/windows.js";

/** Images of 8 bits, of more, which `intensity` makes 8, or both. */
export type ImageDepths = "narrow" | "wide" | "mixed";

/**
 * How volumes are laid out for networks: one of pictures sees their slices, one of volumes patches of slices, rows and
 * columns in this order. A case is a whole volume all the same.
 */
export interface SliceRule {
  readonly plane: SlicePlane;
  /** What becomes of the values, in volumes of any sample type. */
  readonly intensity: IntensityRule;
  /** The rule of each channel, where they differ. */
  readonly intensities?: readonly IntensityRule[];
  /** Whether slices of labelled volumes that show no part are trained on. */
  readonly emptySlices: "keep" | "drop";
  /** Millimetres between slices, rows and columns of whole volumes, for networks of volumes; missing: as stored. */
  readonly resample?: readonly [number, number, number];
}

/** How images become the input of a network, and what its answers are. */
export interface AskedSet {
  /** Absolute path of the `dataset.yaml`. */
  readonly path: string;
  readonly target: TargetKind;
  /** 1: grey, 3: RGB; of several modalities their number. */
  readonly channels: number;
  /** What channels that are modalities of their own are called; missing where images are grey or RGB. */
  readonly channelNames?: readonly string[];
  readonly filter: ResizeFilter;
  /** Of pictures: a window of those of more than 8 bits, or z-scores of all; volumes have theirs in `slices`. */
  readonly intensity?: ValueWindow | ZScoreRule;
  /** Where networks are given more than 256 levels; values.ts says which kind of values. */
  readonly values?: "float";
  /** Missing where the images are pictures. */
  readonly slices?: SliceRule;
  /** Which images a network learnt from, where this is what a run keeps of its data set. */
  readonly depths?: ImageDepths;
  /** Millimetres per stored pixel, [row, column]. */
  readonly spacing?: readonly [number, number];
  /** Number of output channels of a network for this set: the number of classes. */
  readonly outputs: number;
}
