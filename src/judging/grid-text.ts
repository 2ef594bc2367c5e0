/** The grid that an evaluation judged, in words: `256 x 256 pixels`, or `whole volumes at 1 x 0.7 x 0.7 mm`. */
export function judgedGridText(judged: {
  readonly size: number;
  readonly patch?: readonly number[] | undefined;
  readonly resample?: readonly number[] | undefined;
}): string {
  const { size, patch, resample } = judged;
  if (!patch) return `${size} x ${size} pixels`;
  return resample ? `whole volumes at ${resample.join(" x ")} mm` : "whole volumes as stored";
}
