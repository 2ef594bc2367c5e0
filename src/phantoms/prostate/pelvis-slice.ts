/**
 * What all painters of a pelvic slice share: the canvas, the patient, the level, the textures and the signal of
 * the tissues.
 */
import type { Canvas } from "./canvas.js";
import type { PelvisAnatomy } from "./pelvis-anatomy.js";

/** Texture fields of one slice, `[size, size]`, zero mean and about unit deviation. */
export interface PelvisTextures {
  coarse: Float32Array;
  middle: Float32Array;
  fine: Float32Array;
  /** fat with thin septa */
  lobules: Float32Array;
  /** streaks along the fibres of the muscles in front and behind */
  adductorFibres: Float32Array;
  glutealFibres: Float32Array;
}

/** T2 signal of the tissues. */
export const signals = {
  fat: 0.72,
  skin: 0.3,
  muscle: 0.15,
  marrow: 0.46,
  cortex: 0.06,
  cartilage: 0.12,
  fluid: 1,
  bowelWall: 0.28,
  levator: 0.15,
};

/** One slice being painted. */
export interface PelvisSlice {
  canvas: Canvas;
  anatomy: PelvisAnatomy;
  /** level, 0 apex … 1 base */
  z: number;
  /** signal of fat at this site */
  fat: number;
  textures: PelvisTextures;
}
