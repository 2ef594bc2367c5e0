/** Between which grey levels the pixels of images lie. */

/**
 * The levels below which 0.5 % and 99.5 % of the samples lie, 0 … 65535; undefined without samples.
 * @param images samples of each image, any channels
 */
export function greyLevels(images: readonly (Uint8Array | Uint16Array)[]): readonly [number, number] | undefined {
  const histogram = new Float64Array(65536);
  let total = 0;
  for (const samples of images) {
    for (const sample of samples) histogram[sample]++;
    total += samples.length;
  }
  if (total === 0) return undefined;
  const below = (share: number) => {
    let sum = 0;
    return histogram.findIndex((pixels) => {
      sum += pixels;
      return sum > share * total;
    });
  };
  return [below(0.005), below(0.995)];
}
