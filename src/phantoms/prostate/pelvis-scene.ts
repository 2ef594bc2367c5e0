/**
 * One axial slice through the pelvis at the level of the prostate, as ideal T2 signal: tissues painted from the
 * outside in. Signal 0 is air and cortical bone, about 1 is the brightest fluid.
 */
import type { Canvas } from "./canvas.js";
import { paintGland } from "./gland.js";
import { type PelvisAnatomy, prostateMaskValues } from "./pelvis-anatomy.js";
import { PelvisOrgans } from "./pelvis-organs.js";
import { type PelvisTextures, signals } from "./pelvis-slice.js";
import { PelvisWall } from "./pelvis-wall.js";

/** Paints the slice at level `z`, its fat `fat` times as bright as usual; returns the exact mask. */
export function renderPelvis(
  anatomy: PelvisAnatomy,
  z: number,
  canvas: Canvas,
  fat: number,
  textures: PelvisTextures,
): Uint8Array {
  const slice = { canvas, anatomy, z, fat: signals.fat * fat, textures };
  const wall = new PelvisWall(slice);
  wall.body();
  wall.muscles();
  wall.bones();
  wall.smallVessels();
  const organs = new PelvisOrgans(slice);
  organs.sling();
  organs.bladder();
  organs.rectum();
  grainTissue(canvas.signal, textures);
  const mask = new Uint8Array(canvas.size ** 2).fill(prostateMaskValues.background);
  paintGland(canvas, anatomy, z, textures, mask, prostateMaskValues.prostate);
  return mask;
}

/** No tissue is even: a few per cent of texture over everything outside the gland. */
function grainTissue(signal: Float32Array, { fine, middle }: PelvisTextures): void {
  for (let i = 0; i < signal.length; i++) signal[i] *= 1 + 0.05 * fine[i] + 0.03 * middle[i];
}
