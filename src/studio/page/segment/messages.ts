/** What page and worker tell each other. */
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";

/** The model to ask; sent once, before any image. */
export interface OpenModel {
  readonly kind: "open";
  readonly model: ShownModel;
  /** Where its ONNX file is. */
  readonly graph: string;
}

/** An image to segment. */
export interface SegmentImage {
  readonly kind: "segment";
  readonly id: number;
  readonly file: File;
}

/** What the worker is asked. */
export type Question = OpenModel | SegmentImage;

/** An image with its mask. */
export interface Segmented {
  readonly height: number;
  readonly width: number;
  /** RGBA side by side, opaque. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  /** One byte a pixel, as `dimseg predict` writes masks. */
  readonly mask: Uint8Array<ArrayBuffer>;
  /** What ran the network, for people. */
  readonly engine: string;
  /** Whether it did so because the graphics card could not. */
  readonly isCardBroken: boolean;
}

/** What the worker answers about an image. */
export type Answer =
  | { readonly id: number; readonly segmented: Segmented }
  | { readonly id: number; readonly refused: string };
