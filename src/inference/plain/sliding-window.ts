/** Sliding windows over a volume in plain arrays: the windows and weights of `slidingWindow`, where there is no libtorch. */
import type { Values } from "../../data/values.js";
import { samplesLike } from "../../grid/stored-image.js";
import { type AxisWindows, windowsAlong } from "../inferers/windows.js";

/** Asks about one window `[C, ...patch]`. @returns probabilities `[K, ...patch]` */
export type AskWindow = (window: Values) => Promise<Float32Array>;

type Axes = readonly [z: AxisWindows, y: AxisWindows, x: AxisWindows];
type Place = readonly [z: number, y: number, x: number];

/** Walks the lines of a window that lie inside of the volume. */
function eachLine(
  { starts, sides, patch }: { starts: Place; sides: readonly number[]; patch: readonly number[] },
  visit: (inWindow: number, inVolume: number, length: number, z: number, y: number) => void,
): void {
  const [z0, y0, x0] = starts;
  const first = Math.max(0, -x0);
  const length = Math.min(patch[2], sides[2] - x0) - first;
  for (let z = Math.max(0, -z0); z < Math.min(patch[0], sides[0] - z0); z++)
    for (let y = Math.max(0, -y0); y < Math.min(patch[1], sides[1] - y0); y++)
      visit(
        (z * patch[1] + y) * patch[2] + first,
        ((z + z0) * sides[1] + y + y0) * sides[2] + first + x0,
        length,
        z,
        y,
      );
}

/**
 * Averages what is said of overlapping windows, each counting by a Gaussian over its middle. A volume smaller than a window
 * is padded with 0, black, on both sides. Probabilities are summed for the whole volume: 4 bytes a class and voxel.
 * @param volume `[C, ...sides]`
 * @returns `[K, ...sides]`
 */
export async function plainSlidingWindow(
  volume: Values,
  sides: readonly number[],
  patch: readonly number[],
  ask: AskWindow,
): Promise<Float32Array> {
  const voxels = sides.reduce((product, side) => product * side, 1);
  const size = patch.reduce((product, side) => product * side, 1);
  const channels = volume.length / voxels;
  const axes = sides.map((side, axis) => windowsAlong(side, patch[axis], 0.5)) as unknown as Axes;
  let sums = new Float32Array(0);
  const [zs, ys, xs] = axes.map(({ starts }) => [...starts.keys()]);
  for (const place of zs.flatMap((z) => ys.flatMap((y) => xs.map((x): Place => [z, y, x])))) {
    const starts = axes.map(({ starts: all, margin }, axis) => all[place[axis]] - margin) as unknown as Place;
    const window = samplesLike(volume, channels * size);
    eachLine({ starts, sides, patch }, (to, from, length) => {
      for (let c = 0; c < channels; c++)
        window.set(volume.subarray(c * voxels + from, c * voxels + from + length), c * size + to);
    });
    const said = await ask(window);
    const classes = said.length / size;
    if (sums.length === 0) sums = new Float32Array(classes * voxels);
    const [wz, wy, wx] = axes.map(({ weights }, axis) => weights[place[axis]]);
    eachLine({ starts, sides, patch }, (from, to, length, z, y) => {
      const ofLine = wz[z] * wy[y];
      const first = from % patch[2];
      for (let k = 0; k < classes; k++)
        for (let i = 0; i < length; i++)
          sums[k * voxels + to + i] += ofLine * wx[first + i] * said[k * size + from + i];
    });
  }
  return sums;
}
