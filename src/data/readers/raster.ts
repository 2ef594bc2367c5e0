/**
 * A decoded image and the conversions between its sample layouts. All exact integer arithmetic, the same as Pillow's.
 */

/** A decoded image `[H, W, C]`, row-major with interleaved channels. */
export interface Raster {
  readonly height: number;
  readonly width: number;
  /** 1: grey (or label numbers), 3: RGB. Alpha has been dropped. */
  readonly channels: 1 | 3;
  /** 8-bit files give bytes, 16-bit files give 0 … 65535. */
  readonly samples: Uint8Array | Uint16Array;
}

/** Luma of Pillow's "L" conversion, rounded to nearest. */
export function luma(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >>> 16;
}

/** The image as grey: RGB becomes ITU-R 601 luma as in Pillow, grey is passed through. */
export function toGrey(raster: Raster): Raster {
  if (raster.channels === 1) return raster;
  const { samples } = raster;
  const grey = new (samples.constructor as Uint8ArrayConstructor)(raster.height * raster.width);
  for (let i = 0; i < grey.length; i++) grey[i] = luma(samples[3 * i], samples[3 * i + 1], samples[3 * i + 2]);
  return { ...raster, channels: 1, samples: grey };
}

/** The image with 1 or 3 channels: grey is repeated, RGB becomes luma. */
export function toChannels(raster: Raster, channels: 1 | 3): Raster {
  if (raster.channels === channels) return raster;
  if (channels === 1) return toGrey(raster);
  const { samples } = raster;
  const rgb = new (samples.constructor as Uint8ArrayConstructor)(samples.length * 3);
  for (let i = 0; i < samples.length; i++) rgb.fill(samples[i], 3 * i, 3 * i + 3);
  return { ...raster, channels: 3, samples: rgb };
}

/** True when an RGB image holds equal channels everywhere, as grey saved as RGB does. */
export function isGrey(raster: Raster): boolean {
  const { samples } = raster;
  if (raster.channels === 1) return true;
  for (let i = 0; i < samples.length; i += 3)
    if (samples[i] !== samples[i + 1] || samples[i] !== samples[i + 2]) return false;
  return true;
}

/** From interleaved `[H, W, C]` to planes `[C, H, W]`. */
export function toPlanes(interleaved: Uint8Array, channels: number): Uint8Array {
  if (channels === 1) return interleaved;
  const area = interleaved.length / channels;
  const planes = new Uint8Array(interleaved.length);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < area; i++) planes[c * area + i] = interleaved[i * channels + c];
  return planes;
}
