/** What page and worker tell each other. */
import type { AskedSet } from "../../../data/asked-set.js";
import type { VolumeScale } from "../../../data/volumes/prepare-volume.js";
import type { StoredImage } from "../../../grid/stored-image.js";
import type { DroppedImage } from "../../../workflows/studio/shown/dropped.js";
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";
import type { MaskFacts } from "./mask-facts.js";

/** The model to ask; sent once, before any image. */
export interface OpenModel {
  readonly kind: "open";
  readonly model: ShownModel;
  /** Where its export is asked for. */
  readonly address: string;
}

/** Files that are one image: most often one, or those of a series or of channels. */
export interface GivenImage {
  readonly name: string;
  readonly files: readonly File[];
}

/** An image to segment. */
export interface SegmentImage extends GivenImage {
  readonly kind: "segment";
  readonly id: number;
  /** How it is prepared. */
  readonly set: AskedSet;
}

/** An image that nobody waits for any more. */
export interface CancelImage {
  readonly kind: "cancel";
  readonly id: number;
}

/** What the worker is asked. */
export type Question = OpenModel | SegmentImage | CancelImage;

/** What was said of an image, whatever it is. */
interface Said {
  /** One byte a pixel or voxel, as `dimseg predict` writes masks. */
  readonly mask: Uint8Array<ArrayBuffer>;
  readonly facts: MaskFacts;
  /** What ran the network, for people. */
  readonly engine: string;
  /** Whether it did so because the graphics card could not. */
  readonly isCardBroken: boolean;
}

/** A picture with its mask. */
export interface SegmentedPicture extends Said {
  readonly kind: "picture";
  readonly height: number;
  readonly width: number;
  /** RGBA side by side, opaque. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** A volume with its mask, on the grid of its file. */
export interface SegmentedVolume extends Said, Pick<DroppedImage, "start"> {
  readonly kind: "volume";
  readonly stored: StoredImage;
  /** How its values become bytes for the eye. */
  readonly scale: VolumeScale;
}

export type Segmented = SegmentedPicture | SegmentedVolume;

/** How far an image is. */
export interface Progress {
  readonly step: "reading" | "segmenting";
  /** Pieces that the network was asked about, and all of them. */
  readonly done: number;
  readonly of: number;
}

/** What the worker answers about an image. */
export type Answer =
  | { readonly id: number; readonly progress: Progress }
  | { readonly id: number; readonly segmented: Segmented }
  | { readonly id: number; readonly refused: string };
