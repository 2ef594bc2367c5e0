/** Between planes, which dimseg works on, and samples side by side, which encoders and decoders of pictures take. */
import { type Samples, samplesLike } from "./stored-image.js";

/** From planes `[C, S]` to `[S, C]`. @returns the same array for one channel, else a new one */
export function interleave<T extends Samples>(planes: T, channels: number): T {
  if (channels === 1) return planes;
  const voxels = planes.length / channels;
  const interleaved = samplesLike(planes, planes.length);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < voxels; i++) interleaved[i * channels + c] = planes[c * voxels + i];
  return interleaved;
}

/**
 * From `[S, C]` to planes `[kept, S]` of the first channels.
 * @param kept how many channels to keep; all unless given, fewer where the last one is alpha
 * @returns the same array for one channel, else a new one
 */
export function deinterleave<T extends Samples>(interleaved: T, channels: number, kept = channels): T {
  if (channels === 1) return interleaved;
  const voxels = interleaved.length / channels;
  const planes = samplesLike(interleaved, kept * voxels);
  for (let c = 0; c < kept; c++)
    for (let i = 0; i < voxels; i++) planes[c * voxels + i] = interleaved[i * channels + c];
  return planes;
}
