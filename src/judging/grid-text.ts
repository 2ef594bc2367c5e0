import { type FrameRecord, frameOf, frameText } from "../grid/frame.js";

/**
 * The grid that an evaluation judged, in words: `256 x 256 pixels`, `whole volumes at 1 x 0.7 x 0.7 mm`, or what the files
 * hold.
 */
export function judgedGridText(judged: {
  readonly size: FrameRecord;
  readonly patch?: readonly number[] | undefined;
  readonly resample?: readonly number[] | undefined;
  readonly at?: "native" | undefined;
  readonly slices?: string | undefined;
}): string {
  const { size, patch, resample, at, slices } = judged;
  if (at === "native") return slices ? "volumes in their own grids" : "the images' own sizes";
  if (!patch) return frameText(frameOf(size));
  return resample ? `whole volumes at ${resample.join(" x ")} mm` : "whole volumes as stored";
}
