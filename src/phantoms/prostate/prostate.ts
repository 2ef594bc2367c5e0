/**
 * Prostate-like phantoms: T2 slices and volumes of one patient from apex to base, seen by one of six sites.
 * Slices and volumes share everything, so a slice of the folder layout is a slice of the patient's volume.
 */
import { UsageError } from "../../core/errors.js";
import { drawLattice, latticeField, splinePower, splineWeights } from "../fields.js";
import { checkPhantomKey, type Phantom, type PhantomKey, type ProstateSite, phantomStream } from "../types.js";
import { Canvas, type Frame } from "./canvas.js";
import { drawPelvisAnatomy, type PelvisAnatomy, rectumAt } from "./pelvis-anatomy.js";
import { renderPelvis } from "./pelvis-scene.js";
import type { PelvisTextures } from "./pelvis-slice.js";
import { acquire, drawScannerSettings, type ScannerSettings } from "./scanner.js";
import { type ScannerProfile, scannerProfiles } from "./scanners.js";

/** Slices of each patient in the folder layout. */
export const slicesPerPatient = 8;

/** A patient's volume; the caller owns the arrays. */
export interface ProstateVolume {
  /** `[slices, size, size]` */
  shape: readonly [number, number, number];
  /** millimetres between slices, rows and columns */
  spacing: readonly [number, number, number];
  image: Uint8Array;
  /** 0 prostate, 255 background */
  mask: Uint8Array;
}

/** Everything that is the same in all slices of a patient. */
interface Patient {
  key: Omit<PhantomKey, "size">;
  anatomy: PelvisAnatomy;
  profile: ScannerProfile;
  settings: ScannerSettings;
  frame: Frame;
}

/** Texture lattices lie this many to the height of the gland. */
const texturePlanes = 14;

/**
 * One slice with its exact mask. `index / slicesPerPatient` is the patient, the rest the slice from apex to base.
 * @returns image `[size, size]`; mask 0 prostate, 255 background, never empty
 * @throws UsageError when the key's size, seed or index cannot be drawn
 */
export function generateProstatePhantom(key: PhantomKey<ProstateSite>): Phantom {
  checkPhantomKey(key);
  const patient = drawPatient({ ...key, index: Math.floor(key.index / slicesPerPatient) });
  const slice = key.index % slicesPerPatient;
  return { size: key.size, channels: 1, ...renderSlice(patient, slice, slicesPerPatient, key.size) };
}

/**
 * A whole patient as a volume, slices from apex to base.
 * @param key    `index` counts patients
 * @param slices number of slices over the height of the gland, at least 2
 * @throws UsageError when there are fewer than 2 slices, or the key's size, seed or index cannot be drawn
 */
export function generateProstateVolume(key: PhantomKey<ProstateSite>, slices: number): ProstateVolume {
  checkPhantomKey(key);
  if (!Number.isInteger(slices) || slices < 2)
    throw new UsageError(`generateProstateVolume: slices is ${slices}; choose a whole number from 2 on`);
  const { size } = key;
  const patient = drawPatient(key);
  const image = new Uint8Array(slices * size * size);
  const mask = new Uint8Array(slices * size * size);
  for (let slice = 0; slice < slices; slice++) {
    const drawn = renderSlice(patient, slice, slices, size);
    image.set(drawn.image, slice * size * size);
    mask.set(drawn.mask, slice * size * size);
  }
  const pixel = patient.frame.side / size;
  const spacing = patient.anatomy.height * (levelOf(1, slices) - levelOf(0, slices));
  return { shape: [slices, size, size], spacing: [spacing, pixel, pixel], image, mask };
}

function drawPatient({ seed, domain, split, index }: Omit<PhantomKey<ProstateSite>, "size">): Patient {
  const key = { seed, domain, split, index };
  const profile = scannerProfiles[domain];
  const anatomy = drawPelvisAnatomy(phantomStream("prostate", key, "anatomy"), profile.rectum);
  const settings = drawScannerSettings(phantomStream("prostate", key, "scanner"), profile);
  const frame = { side: settings.fieldOfView, x: anatomy.shift[0], y: anatomy.shift[1], angle: anatomy.turn };
  return { key, anatomy, profile, settings, frame };
}

/** Level of a slice in the gland, 0 apex … 1 base; the outermost slices still cut it. */
function levelOf(slice: number, slices: number): number {
  return 0.05 + (0.9 * (slice + 0.5)) / slices;
}

function renderSlice(
  { key, anatomy, profile, settings, frame }: Patient,
  slice: number,
  slices: number,
  size: number,
): { image: Uint8Array; mask: Uint8Array } {
  const z = levelOf(slice, slices);
  const textures = drawTextures(key, z, frame.side, size);
  const canvas = new Canvas(size, frame);
  const mask = renderPelvis(anatomy, z, canvas, settings.fat, textures);
  const noise = phantomStream("prostate", key, "noise", slice);
  return { image: acquire(noise, profile, settings, canvas, rectumAt(anatomy, z)), mask };
}

function drawTextures(key: Omit<PhantomKey, "size">, z: number, side: number, size: number): PelvisTextures {
  const noise = (aspect: string, millimetres: number, stretch = 1): Float32Array => {
    const rows = Math.round(side / millimetres);
    return depthNoise(key, aspect, Math.round(rows / stretch), rows, z, size);
  };
  const coarse = noise("coarse", 6);
  const middle = noise("middle", 5);
  const ridges = noise("septa", 9);
  const fibres = noise("fibres", 2.6, 6);
  return {
    coarse,
    middle,
    fine: noise("fine", 2.4),
    // Septa run where smooth noise passes through zero, and only here and there.
    lobules: middle.map(
      (value, i) =>
        0.3 * value + 0.6 * coarse[i] - 1.6 * Math.max(0, coarse[i] + value) * Math.exp(-((ridges[i] / 0.12) ** 2)),
    ),
    adductorFibres: shear(fibres, size, 0.7),
    glutealFibres: shear(fibres, size, -0.15),
  };
}

/** Tilts horizontal streaks downwards to both sides of the middle by `slope`. */
function shear(field: Float32Array, size: number, slope: number): Float32Array {
  const out = new Float32Array(field.length);
  for (let x = 0; x < size; x++) {
    const shift = slope * Math.abs(x - size / 2);
    const whole = Math.floor(shift);
    const part = shift - whole;
    for (let y = 0; y < size; y++) {
      const from = (((y - whole) % size) + size) % size;
      const above = (from + size - 1) % size;
      out[y * size + x] = (1 - part) * field[from * size + x] + part * field[above * size + x];
    }
  }
  return out;
}

/** Smooth noise that also changes smoothly with the level: a spline over the four nearest lattices. */
function depthNoise(
  key: Omit<PhantomKey, "size">,
  aspect: string,
  columns: number,
  rows: number,
  z: number,
  size: number,
): Float32Array {
  const position = z * texturePlanes;
  const first = Math.floor(position);
  const blend = new Float32Array((columns + 3) * (rows + 3));
  splineWeights(position - first).forEach((weight, k) => {
    const lattice = drawLattice(phantomStream("prostate", key, `texture.${aspect}`, first + k), columns, rows);
    for (let i = 0; i < blend.length; i++) blend[i] += (weight / Math.sqrt(splinePower)) * lattice[i];
  });
  return latticeField(blend, size, columns, rows);
}
