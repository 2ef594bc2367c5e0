/**
 * From light to file: illumination, optics, sensor and the maker's processing of a colour camera.
 * The order is the physical one; each profile sets how strongly every stage acts.
 */
import type { RandomStream } from "../../core/random.js";
import { correlatedGrain, gaussianBlur, smoothStep } from "../fields.js";
import type { Colour, Planes, Range } from "../types.js";
import { compressBlocks } from "./jpeg.js";

/** One camera as its operators leave it set. */
export interface CameraProfile {
  /** flash energy, drawn per picture */
  exposure: Range;
  whiteBalance: Colour;
  /** deviation of the balance between red and blue per picture */
  warmth: number;
  /** colourfulness of the maker's processing, 1 is neutral */
  saturation: number;
  /** display gamma of the tone curve */
  gamma: number;
  /** strength of the S-shaped tone curve, 0 … 1 */
  contrast: number;
  /** light scattered over the whole picture, in units of full scale */
  veil: Colour;
  /** loss of light towards the corners, drawn per picture */
  vignette: Range;
  /** deviation of the point spread, as a fraction of the crop */
  blur: number;
  /** amount of unsharp masking */
  sharpening: number;
  /** signal-dependent and constant noise in linear light, and its spread over pixels */
  noise: { shot: number; read: number; spread: number };
  /** JPEG quality 1 … 100, absent when the files are not visibly compressed */
  quality: number | undefined;
  /** share of pictures in which the edge of the round field of view is seen */
  aperture: number;
}

const luma: Colour = [0.299, 0.587, 0.114];

/** Takes the picture: `[size, size, 3]` bytes. `side` is where the edge of the field may be, -1 left or +1 right. */
export function photograph(
  stream: RandomStream,
  camera: CameraProfile,
  light: Planes,
  size: number,
  side: number,
): Uint8Array {
  const gains = exposureGains(stream, camera, light);
  const fall = illumination(stream, camera, size);
  const field = fieldOfView(stream, camera, size, side);
  const softness = camera.blur * size * stream.uniform(0.85, 1.2);
  const planes = light.map((plane, c) => {
    const lit = new Float32Array(plane.length);
    for (let i = 0; i < lit.length; i++) lit[i] = (plane[i] * gains[c] * fall[i] + camera.veil[c]) * field[i];
    const sharp = gaussianBlur(lit, size, softness);
    addNoise(stream, camera, sharp, size);
    return sharp;
  });
  develop(camera, planes, size);
  if (camera.quality !== undefined) compressBlocks(planes, size, camera.quality);
  const bytes = new Uint8Array(size * size * 3);
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < size * size; i++) bytes[3 * i + c] = Math.min(255, Math.max(0, Math.round(255 * planes[c][i])));
  return bytes;
}

/** Gains by channel: white balance with its drift, and a flash that partly makes up for dark eyes. */
function exposureGains(stream: RandomStream, camera: CameraProfile, light: Planes): number[] {
  let mean = 0;
  for (let i = 0; i < light[0].length; i++) mean += 0.4 * light[0][i] + 0.6 * light[1][i];
  mean /= light[0].length;
  const flash = stream.uniform(...camera.exposure) * (0.3 / mean) ** 0.6;
  const warm = Math.exp(stream.normal(0, camera.warmth));
  return [
    flash * camera.whiteBalance[0] * warm,
    flash * camera.whiteBalance[1],
    (flash * camera.whiteBalance[2]) / warm,
  ];
}

/** Vignette about a centre off the crop's and a linear gradient, as factors. */
function illumination(stream: RandomStream, camera: CameraProfile, size: number): Float32Array {
  const strength = stream.uniform(...camera.vignette);
  const cx = stream.uniform(0.25, 0.75);
  const cy = stream.uniform(0.25, 0.75);
  const slope = stream.normal(0, 0.12);
  const angle = stream.uniform(0, 2 * Math.PI);
  const out = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const u = (x + 0.5) / size;
      const v = (y + 0.5) / size;
      const r2 = (u - cx) ** 2 + (v - cy) ** 2;
      const tilt = 1 + 2 * slope * ((u - 0.5) * Math.cos(angle) + (v - 0.5) * Math.sin(angle));
      out[y * size + x] = tilt / (1 + 2.2 * strength * r2);
    }
  }
  return out;
}

/** 1 inside the round field of view and 0 outside; all ones when its edge is not in the crop. */
function fieldOfView(stream: RandomStream, camera: CameraProfile, size: number, side: number): Float32Array {
  const visible = stream.bernoulli(camera.aperture);
  const radius = stream.uniform(1.2, 1.7);
  const cut = stream.uniform(0.02, 0.2);
  const height = stream.uniform(0.2, 0.8);
  const out = new Float32Array(size * size).fill(1);
  if (!visible) return out;
  const cx = side < 0 ? cut + radius : 1 - cut - radius;
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const distance = Math.hypot((x + 0.5) / size - cx, (y + 0.5) / size - height);
      out[y * size + x] = smoothStep(radius + 0.006, radius - 0.006, distance);
    }
  return out;
}

/** Adds the sensor's noise to one plane of linear light, in place. */
function addNoise(stream: RandomStream, camera: CameraProfile, plane: Float32Array, size: number): void {
  const { shot, read, spread } = camera.noise;
  const noise = correlatedGrain(stream, size, spread);
  for (let i = 0; i < plane.length; i++)
    plane[i] += noise[i] * Math.sqrt(shot * shot * Math.max(0, plane[i]) + read * read);
}

/** Linear up to `knee`, then bending towards full scale, as sensors and film do in the highlights. */
function shoulder(light: number): number {
  const knee = 0.65;
  return light < knee ? light : 1 - (1 - knee) * Math.exp(-(light - knee) / (1 - knee));
}

const toneSteps = 2048;
/** Light at the end of the tone table; beyond it the curve is flat. */
const toneEnd = 2.5;

/** The camera's tone curve at square roots of light, where it is smooth enough to interpolate. */
function toneCurve(camera: CameraProfile): Float32Array {
  return Float32Array.from({ length: toneSteps + 2 }, (_, i) => {
    const light = toneEnd * (i / toneSteps) ** 2;
    const display = shoulder(light) ** (1 / camera.gamma);
    return display + camera.contrast * (display * display * (3 - 2 * display) - display);
  });
}

/** Tone curve, colourfulness and sharpening, in place; the planes leave display-referred in about [0, 1]. */
function develop(camera: CameraProfile, planes: Float32Array[], size: number): void {
  const curve = toneCurve(camera);
  const black = 2 * camera.noise.read;
  for (const plane of planes) {
    for (let i = 0; i < plane.length; i++) {
      const position = toneSteps * Math.sqrt(Math.min(1, Math.max(0, plane[i] - black) / toneEnd));
      const step = Math.floor(position);
      plane[i] = curve[step] + (position - step) * (curve[step + 1] - curve[step]);
    }
  }
  const grey = new Float32Array(size * size);
  for (let i = 0; i < grey.length; i++)
    grey[i] = luma[0] * planes[0][i] + luma[1] * planes[1][i] + luma[2] * planes[2][i];
  const halo = gaussianBlur(grey, size, camera.sharpening > 0 ? size / 110 : 0);
  for (const plane of planes)
    for (let i = 0; i < plane.length; i++)
      plane[i] = grey[i] + camera.saturation * (plane[i] - grey[i]) + camera.sharpening * (grey[i] - halo[i]);
}
