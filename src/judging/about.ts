import type { ConventionName } from "../evaluation/conventions.js";
import type { FrameRecord } from "../grid/frame.js";
import type { SlicePlane } from "../grid/slices.js";
import type { MaskRules } from "../inference/rules.js";
import type { DistanceUnits } from "./evaluate-network.js";

/** A domain that an evaluation says nothing about, as none of its images in the judged split has a mask. */
export interface Unjudged {
  readonly domain: string;
  /** Of the judged split; where it has none, of the other one. */
  readonly images: number;
  /** Whether images of the other split have masks. */
  readonly masksElsewhere: boolean;
}

/** What a reader must know to compare the numbers with others; the head of `summary.json`. */
export interface EvaluationAbout {
  readonly dimseg: string;
  readonly run: string;
  readonly method: string;
  readonly optimizer: string;
  readonly labelled: { readonly domain: string; readonly count: number };
  readonly seed: number;
  readonly checkpoint: { readonly name: string; readonly step: number; readonly rule: string };
  readonly network: "student" | "teacher";
  readonly dataset: { readonly name: string; readonly path: string };
  readonly split: string;
  /** What was judged, in pixels: the side of a square that images were stretched to, or the frame. */
  readonly size: FrameRecord;
  /** The cases are volumes, judged as stacks of these slices; missing where they are pictures. */
  readonly slices?: SlicePlane;
  /** Voxels that the network saw at once; the volumes were judged whole, and `size` does not matter. */
  readonly patch?: readonly number[];
  /** Millimetres between the judged slices, rows and columns; missing where they are as stored. */
  readonly resample?: readonly number[];
  /** Missing where the network's grid was judged: `native` is that of the stored images, whatever `size` and `resample` say. */
  readonly at?: "native";
  /** Of distances: pixels of those (and slices, one apart), or mm by the spacing of the stored images. */
  readonly units: DistanceUnits;
  /** Tolerance of the normalised surface Dice, in those units; missing where it was not measured. */
  readonly nsdTolerance?: number;
  readonly testTimeFlips: boolean;
  /** What was done to the label maps before they were judged; missing where nothing was. */
  readonly rules?: MaskRules;
  readonly precision: string;
  readonly device: string;
  readonly convention: { readonly name: ConventionName; readonly description: string };
  /** Share of the pixels that `labels.ignore` left out, in [0, 1); missing where it is none. */
  readonly ignored?: number;
  /** Cases left out, as domain/split/id. */
  readonly withoutMask: readonly string[];
  /** Domains that are not among the numbers; missing where all are. */
  readonly unjudged?: readonly Unjudged[];
  readonly bootstrap: { readonly seed: number; readonly resamples: number };
}
