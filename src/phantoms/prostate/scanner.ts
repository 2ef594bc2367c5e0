/**
 * From tissue signal to file: coil sensitivity, T2 weighting, point spread, Rician noise and the scaling of grey
 * values, in the order in which a scanner acts.
 */
import type { RandomStream } from "../../core/random.js";
import { correlatedGrain, gaussianBlur, smoothStep } from "../fields.js";
import type { Canvas } from "./canvas.js";
import type { ScannerProfile } from "./scanners.js";

/** Settings that stay the same for all slices of one patient. */
export interface ScannerSettings {
  fieldOfView: number;
  fat: number;
  weighting: number;
  endorectal: number;
  surface: number;
  frontLoss: number;
  noise: number;
  scale: number;
  /** side of the body the surface coil is nearer to, -1 … 1 */
  lean: number;
}

export function drawScannerSettings(stream: RandomStream, profile: ScannerProfile): ScannerSettings {
  return {
    fieldOfView: stream.uniform(...profile.fieldOfView),
    fat: stream.uniform(...profile.fat),
    weighting: stream.uniform(...profile.weighting),
    endorectal: stream.uniform(...profile.endorectal.strength),
    surface: stream.uniform(...profile.surface),
    frontLoss: stream.uniform(...profile.frontLoss),
    noise: stream.uniform(...profile.noise),
    scale: stream.uniform(...profile.scale),
    lean: stream.normal(0, 0.3),
  };
}

/** Acquires one slice: bytes `[size, size]`. `coil` is the rectum's centre in mm. */
export function acquire(
  stream: RandomStream,
  profile: ScannerProfile,
  settings: ScannerSettings,
  canvas: Canvas,
  coil: { x: number; y: number; radius: number },
): Uint8Array {
  const { size } = canvas;
  const received = weigh(canvas, settings, profile, coil);
  const pixels = size / canvas.frame.side;
  let sharp = gaussianBlur(received, size, profile.blur * pixels);
  if (profile.sharpening > 0) {
    const soft = gaussianBlur(sharp, size, 1.2 * pixels);
    sharp = sharp.map((value, i) => value + profile.sharpening * (value - soft[i]));
  }
  const real = correlatedGrain(stream, size, profile.noiseSpread);
  const imaginary = correlatedGrain(stream, size, profile.noiseSpread);
  const bytes = new Uint8Array(size * size);
  for (let i = 0; i < bytes.length; i++) {
    const magnitude = Math.hypot(Math.max(0, sharp[i]) + settings.noise * real[i], settings.noise * imaginary[i]);
    bytes[i] = Math.min(255, Math.round(settings.scale * magnitude ** profile.gamma));
  }
  return bytes;
}

/** Tissue contrast and the sensitivity of the coils. */
function weigh(
  canvas: Canvas,
  settings: ScannerSettings,
  profile: ScannerProfile,
  coil: { x: number; y: number; radius: number },
): Float32Array {
  const { size, signal } = canvas;
  const out = new Float32Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const [x, y] = canvas.toMillimetres(column, row);
      const near = Math.max(0, Math.hypot(x - coil.x, y - coil.y) - coil.radius) / profile.endorectal.reach;
      const skin = Math.exp((-y - 85) / 30) * (1 - settings.lean * 0.3) + Math.exp((y - 100) / 30);
      const side = 1 + (0.1 * settings.lean * x) / 100;
      const front = 1 - settings.frontLoss * smoothStep(-10, -60, y);
      const sensitivity = (1 + settings.endorectal / (1 + near * near * near) + settings.surface * skin) * side * front;
      const at = row * size + column;
      out[at] = signal[at] ** settings.weighting * sensitivity;
    }
  }
  return out;
}
