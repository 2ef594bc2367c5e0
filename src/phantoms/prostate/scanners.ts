/**
 * The six sites of the prostate phantoms: coil, field of view, noise, sharpness, contrast and scaling of the files.
 * Each imitates one way the sites of real collections differ.
 */
import type { ProstateSite, Range } from "../types.js";

/** What fills the rectum; the shares of a site add up to 1. */
export interface RectumShares {
  gas: number;
  stool: number;
  collapsed: number;
  /** air-filled balloon of an endorectal coil */
  airCoil: number;
  /** rigid or fluid-filled endorectal coil, seen as a bright ring */
  fluidCoil: number;
}

export interface ScannerProfile {
  /** side of the picture in mm */
  fieldOfView: Range;
  rectum: RectumShares;
  /** signal of fat against the other tissues; below 1 when fat is suppressed */
  fat: Range;
  /** exponent on tissue signal: heavier T2 weighting above 1 */
  weighting: Range;
  /** extra signal of a coil in the rectum and the distance in mm over which it falls to half */
  endorectal: { strength: Range; reach: number };
  /** extra signal near the skin in front and behind, of a coil laid on the body */
  surface: Range;
  /** loss of signal towards the front, where the coil does not reach */
  frontLoss: Range;
  /** deviation of the point spread in mm */
  blur: number;
  /** ringing at sharp edges, as a scanner's sharpening filter leaves it */
  sharpening: number;
  /** deviation of the noise in each of the two channels, in units of bright tissue's signal, and its spread in pixels */
  noise: Range;
  noiseSpread: number;
  /** grey value that bright tissue gets in the file */
  scale: Range;
  /** display gamma of the stored grey values */
  gamma: number;
}

/** Profiles by site name. */
export const scannerProfiles: Record<ProstateSite, ScannerProfile> = {
  BIDMC: {
    fieldOfView: [150, 170],
    rectum: { gas: 0, stool: 0, collapsed: 0, airCoil: 0.6, fluidCoil: 0.4 },
    fat: [0.7, 0.9],
    weighting: [0.9, 1.1],
    endorectal: { strength: [2, 4], reach: 18 },
    surface: [0, 0.05],
    frontLoss: [0.1, 0.35],
    blur: 0.55,
    sharpening: 0.25,
    noise: [0.03, 0.05],
    noiseSpread: 0,
    scale: [70, 105],
    gamma: 1,
  },
  BMC: {
    fieldOfView: [140, 165],
    rectum: { gas: 0.1, stool: 0, collapsed: 0, airCoil: 0.9, fluidCoil: 0 },
    fat: [0.95, 1.1],
    weighting: [0.9, 1.1],
    endorectal: { strength: [0.4, 0.9], reach: 30 },
    surface: [0, 0.15],
    frontLoss: [0, 0.2],
    blur: 0.45,
    sharpening: 0.5,
    noise: [0.09, 0.14],
    noiseSpread: 0.35,
    scale: [95, 130],
    gamma: 1,
  },
  HK: {
    fieldOfView: [165, 190],
    rectum: { gas: 0, stool: 0, collapsed: 0.3, airCoil: 0.1, fluidCoil: 0.6 },
    fat: [0.9, 1.05],
    weighting: [1, 1.2],
    endorectal: { strength: [1, 2], reach: 26 },
    surface: [0, 0.1],
    frontLoss: [0.75, 0.95],
    blur: 0.6,
    sharpening: 0.2,
    noise: [0.015, 0.03],
    noiseSpread: 0.3,
    scale: [75, 105],
    gamma: 1,
  },
  I2CVB: {
    fieldOfView: [190, 220],
    rectum: { gas: 0.2, stool: 0.6, collapsed: 0.2, airCoil: 0, fluidCoil: 0 },
    fat: [0.3, 0.5],
    weighting: [1, 1.25],
    endorectal: { strength: [0, 0], reach: 30 },
    surface: [0.1, 0.5],
    frontLoss: [0, 0.2],
    blur: 1.2,
    sharpening: 0,
    noise: [0.025, 0.04],
    noiseSpread: 0.6,
    scale: [200, 255],
    gamma: 0.9,
  },
  RUNMC: {
    fieldOfView: [160, 185],
    rectum: { gas: 0.3, stool: 0.4, collapsed: 0.3, airCoil: 0, fluidCoil: 0 },
    fat: [0.95, 1.15],
    weighting: [0.9, 1.15],
    endorectal: { strength: [0, 0], reach: 30 },
    surface: [0.3, 0.9],
    frontLoss: [0, 0.3],
    blur: 0.75,
    sharpening: 0.3,
    noise: [0.02, 0.04],
    noiseSpread: 0.2,
    scale: [140, 185],
    gamma: 1,
  },
  UCL: {
    fieldOfView: [155, 190],
    rectum: { gas: 0.4, stool: 0.4, collapsed: 0.2, airCoil: 0, fluidCoil: 0 },
    fat: [1.15, 1.4],
    weighting: [1.1, 1.4],
    endorectal: { strength: [0, 0], reach: 30 },
    surface: [0.1, 0.4],
    frontLoss: [0, 0.1],
    blur: 0.7,
    sharpening: 0.45,
    noise: [0.012, 0.025],
    noiseSpread: 0.2,
    scale: [150, 195],
    gamma: 0.85,
  },
};
