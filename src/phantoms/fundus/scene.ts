/**
 * Light leaving one eye: layers of pigment and blood over the white sclera after Beer and Lambert, the nerve head,
 * the sheen of the nerve fibres, and blood vessels on top. The result is linear reflectance, before any camera.
 */
import { gaussianBlur, mottle, smoothNoise, smoothStep } from "../fields.js";
import { levelField } from "../outlines.js";
import { type Colour, type PhantomKey, type Planes, phantomStream } from "../types.js";
import { type FundusAnatomy, fundusMask } from "./anatomy.js";
import { drawVessels, growVessels, type VesselFields } from "./vessels.js";

const sclera: Colour = [0.95, 0.86, 0.72];
const nerve: Colour = [0.92, 0.8, 0.66];
const lamina: Colour = [0.98, 0.94, 0.82];
/** Absorption relative to green. */
const melaninAbsorption: Colour = [0.42, 0.95, 1.5];
const bloodAbsorption: Colour = [0.1, 1, 1.1];
const lensAbsorption: Colour = [0.01, 0.14, 0.75];
const veinAbsorption: Colour = [0.62, 1.9, 1.6];
const arteryAbsorption: Colour = [0.3, 1.6, 1.5];

/** Geometry shared by the layers. */
interface Geometry {
  size: number;
  anatomy: FundusAnatomy;
  /** levels of disc and cup, 1 on the curve */
  disc: Float32Array;
  cup: Float32Array;
  /** direction from the disc's centre in radians */
  direction: Float32Array;
}

/** Renders the eye of `key`; also returns its exact mask. */
export function renderFundusScene(key: PhantomKey, anatomy: FundusAnatomy): { light: Planes; mask: Uint8Array } {
  const { size } = key;
  const geometry = measure(anatomy, size);
  const { melanin, blood } = pigmentLayers(key, geometry);
  const light = background(melanin, blood);
  const streaks = fibreStreaks(key, geometry);
  addFibres(key, geometry, streaks, light);
  addDisc(key, geometry, streaks, light);
  const vessels = growVessels(phantomStream("fundus", key, "vessels"), anatomy);
  addVessels(drawVessels(vessels, anatomy.discRadius, size), light, size);
  yellow(anatomy.lens, light);
  return { light, mask: fundusMask(geometry.disc, geometry.cup) };
}

function measure(anatomy: FundusAnatomy, size: number): Geometry {
  const direction = new Float32Array(size * size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      direction[y * size + x] = Math.atan2((y + 0.5) / size - anatomy.disc.y, (x + 0.5) / size - anatomy.disc.x);
  return { size, anatomy, disc: levelField(anatomy.disc, size), cup: levelField(anatomy.cup, size, 1.6), direction };
}

/** Difference of two directions, in [-π, π]. */
function turnBetween(a: number, b: number): number {
  const turn = a - b;
  return turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI));
}

interface Pigments {
  melanin: Float32Array;
  blood: Float32Array;
}

/** Melanin and choroidal blood at every pixel. */
function pigmentLayers(key: PhantomKey, geometry: Geometry): Pigments {
  const { size, anatomy, disc, direction } = geometry;
  const broad = mottle(phantomStream("fundus", key, "pigment"), size, [
    [2, 0.16],
    [5, 0.08],
    [12, 0.05],
    [28, 0.05],
    [56, 0.05],
  ]);
  const choroid = choroidalVessels(key, size);
  const melanin = new Float32Array(size * size);
  const blood = new Float32Array(size * size);
  for (let i = 0; i < melanin.length; i++) {
    const vessels = anatomy.tessellation * choroid[i];
    melanin[i] = anatomy.melanin * Math.max(0.1, 1 + broad[i] - 0.55 * vessels);
    blood[i] = anatomy.choroidBlood * Math.max(0.1, 1 + 0.5 * broad[i] + 0.16 * vessels);
    const around = disc[i] - 1;
    if (Math.abs(around - 0.07) > 0.15) continue;
    const temporalSide = 0.5 + 0.5 * Math.cos(turnBetween(direction[i], anatomy.temporal > 0 ? 0 : Math.PI));
    melanin[i] *= 1 + 0.8 * anatomy.pigmentCrescent * temporalSide * Math.exp(-(((around - 0.07) / 0.05) ** 2));
  }
  if (anatomy.atrophy) thinOut(key, geometry, anatomy.atrophy, choroid, { melanin, blood });
  return { melanin, blood };
}

/** Takes pigment and blood out of the atrophic crescent beside the disc, unevenly. */
function thinOut(
  key: PhantomKey,
  { size, disc, direction }: Geometry,
  atrophy: NonNullable<FundusAnatomy["atrophy"]>,
  choroid: Float32Array,
  { melanin, blood }: Pigments,
): void {
  const uneven = mottle(phantomStream("fundus", key, "atrophy"), size, [
    [9, 0.1],
    [24, 0.1],
    [60, 0.1],
  ]);
  for (let i = 0; i < disc.length; i++) {
    const around = disc[i] - 1;
    if (around < -0.1 || around > 1.2) continue;
    const turn = (1.2 * turnBetween(direction[i], atrophy.direction)) / atrophy.spread;
    const window = Math.max(0, Math.cos(Math.min(Math.PI / 2, Math.max(-Math.PI / 2, turn))));
    const limit = (atrophy.reach - 1) * window * (1 + 0.9 * uneven[i]);
    const bare = smoothStep(limit + 0.1, limit - 0.14, around) * smoothStep(0, 0.4, window);
    melanin[i] *= 1 - bare * Math.min(0.9, Math.max(0.1, 0.6 + 2 * uneven[i]));
    blood[i] *= 1 - bare * (0.45 - 0.15 * choroid[i]);
  }
}

/** Ribbons of choroidal vessels, about -1 between and 1 on them: the ridges of warped smooth noise. */
function choroidalVessels(key: PhantomKey, size: number): Float32Array {
  const stream = phantomStream("fundus", key, "choroid");
  const first = smoothNoise(stream, size, 7);
  const second = smoothNoise(stream, size, 13);
  const out = new Float32Array(size * size);
  for (let i = 0; i < out.length; i++) {
    const ridge = Math.exp(-((first[i] / 0.45) ** 2)) + 0.7 * Math.exp(-((second[i] / 0.45) ** 2));
    out[i] = 1.4 * ridge - 0.9;
  }
  return out;
}

function background(melanin: Float32Array, blood: Float32Array): Planes {
  const planes = [0, 1, 2].map((c) => {
    const plane = new Float32Array(melanin.length);
    for (let i = 0; i < plane.length; i++)
      plane[i] = sclera[c] * Math.exp(-melaninAbsorption[c] * melanin[i] - bloodAbsorption[c] * blood[i]);
    return plane;
  });
  return planes as unknown as Planes;
}

/** Streaks that radiate from the disc, about zero mean, in [-1, 1]: nerve fibres seen side by side. */
function fibreStreaks(key: PhantomKey, { direction }: Geometry): Float32Array {
  const stream = phantomStream("fundus", key, "fibres");
  const spokes = Float32Array.from({ length: 181 }, () => stream.uniform(-1, 1));
  spokes[180] = spokes[0];
  return direction.map((angle) => {
    const spoke = ((angle / (2 * Math.PI) + 1) * 180) % 180;
    const whole = Math.floor(spoke);
    return spokes[whole] + (spoke - whole) * (spokes[whole + 1] - spokes[whole]);
  });
}

/** The whitish sheen of the fibre layer, brightest above and below the disc. */
function addFibres(
  key: PhantomKey,
  { size, anatomy, disc, direction }: Geometry,
  streaks: Float32Array,
  light: Planes,
): void {
  const patches = smoothNoise(phantomStream("fundus", key, "sheen"), size, 6);
  for (let i = 0; i < disc.length; i++) {
    if (disc[i] < 0.8 || disc[i] > 6) continue;
    const poles = 0.35 + 0.65 * Math.sin(direction[i]) ** 2;
    const fall = Math.exp(-Math.max(0, disc[i] - 1) / 1.1) * smoothStep(0.8, 1.15, disc[i]);
    const sheen = anatomy.fibres * poles * fall * (1 + 0.45 * streaks[i] + 0.25 * patches[i]);
    light[0][i] += 0.035 * sheen;
    light[1][i] += 0.05 * sheen;
    light[2][i] += 0.042 * sheen;
  }
}

/** The nerve head: pink rim, pale cup with the pores of the lamina, scleral ring at the edge. */
function addDisc(key: PhantomKey, geometry: Geometry, streaks: Float32Array, light: Planes): void {
  const { size, anatomy, disc, cup, direction } = geometry;
  const tissue = mottle(phantomStream("fundus", key, "tissue"), size, [
    [10, 0.1],
    [24, 0.08],
    [60, 0.05],
  ]);
  const pores = smoothNoise(phantomStream("fundus", key, "pores"), size, Math.round(16 / anatomy.discRadius / 2));
  const nasal = anatomy.temporal > 0 ? Math.PI : 0;
  for (let i = 0; i < disc.length; i++) {
    if (disc[i] > 1.2) continue;
    const onNasalSide = 0.5 + 0.5 * Math.cos(turnBetween(direction[i], nasal));
    const ring = anatomy.scleralRing * (1 - 0.7 * onNasalSide) * Math.exp(-(((disc[i] - 1.0) / 0.045) ** 2));
    const soft = anatomy.discEdge * (0.7 + 0.8 * onNasalSide);
    const inDisc = smoothStep(1 + soft, 1 - soft, disc[i]);
    // The temporal wall of a cup slopes, its nasal wall is steep and hidden under the vessels.
    const slope = anatomy.cupSlope * (1.2 - 0.5 * onNasalSide);
    const inCup = smoothStep(1 + slope, 1 - slope, cup[i]);
    const capillaries = anatomy.rimBlood * (0.85 + 0.35 * onNasalSide) * (1 + tissue[i] + 0.07 * streaks[i]);
    const depth = Math.max(0, 1 - cup[i]);
    const pore = 1 - 0.1 * Math.min(1, 2 * depth) * Math.max(0, pores[i]);
    for (let c = 0; c < 3; c++) {
      const rim = nerve[c] * Math.exp(-bloodAbsorption[c] * capillaries) * (1 + 0.3 * tissue[i]);
      const pale =
        lamina[c] *
        Math.exp(-bloodAbsorption[c] * 0.16 * (1 + tissue[i])) *
        anatomy.pallor *
        pore *
        (0.9 + 0.2 * depth);
      const head = rim + inCup * (pale - rim);
      light[c][i] += inDisc * (head - light[c][i]);
      light[c][i] += 0.35 * ring * (sclera[c] - light[c][i]);
    }
  }
}

/** Absorption by blood, a faint shadow in the tissue around, and the light streak on arteries. */
function addVessels(vessels: VesselFields, light: Planes, size: number): void {
  const shadow = gaussianBlur(vessels.vein, size, size / 90);
  for (let c = 0; c < 3; c++) {
    const plane = light[c];
    const own = [0.1, 0.012, 0.012][c];
    for (let i = 0; i < plane.length; i++) {
      const depth = veinAbsorption[c] * (vessels.vein[i] + 0.15 * shadow[i]) + arteryAbsorption[c] * vessels.artery[i];
      const passed = Math.exp(-depth);
      const streak = 0.35 * vessels.reflex[i] * (1 - passed);
      plane[i] = plane[i] * (passed + streak) + own * (1 - passed);
    }
  }
}

function yellow(lens: number, light: Planes): void {
  for (let c = 0; c < 3; c++) {
    const passed = Math.exp(-lens * lensAbsorption[c]);
    for (let i = 0; i < light[c].length; i++) light[c][i] *= passed;
  }
}
