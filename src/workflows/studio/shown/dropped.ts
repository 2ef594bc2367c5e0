/** What the studio tells its page of a file that it read for it, and is told of a mask to encode. Types alone. */
import type { Grid } from "../../../grid/grid.js";
import type { SampleType } from "../../../grid/stored-image.js";

/** An image that was read; its samples `[C, ...grid.shape]` follow, little-endian. */
export interface DroppedImage {
  readonly grid: Grid;
  readonly channels: number;
  readonly sampleType: SampleType;
  /** Of a NIfTI file the beginning in base64, whose place masks take over to the bit; null of every other. */
  readonly start: string | null;
}

/** A mask; its values, one byte a voxel, follow. */
export interface DroppedMask extends Pick<DroppedImage, "grid" | "start"> {}
