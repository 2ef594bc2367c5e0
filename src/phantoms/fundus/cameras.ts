/**
 * The four fundus cameras and the eyes in front of them.
 * Each profile imitates one way real collections differ: colour, exposure, sharpness, field of view and population.
 */
import type { FundusDomain, Range } from "../types.js";
import type { CameraProfile } from "./camera.js";

/** The eyes a clinic sees; pigments in units of optical depth in green. */
export interface FundusPopulation {
  /** disc diameter as a fraction of the crop */
  discDiameter: Range;
  melanin: Range;
  choroidBlood: Range;
  /** how strongly choroidal vessels show through, 0 … 1 */
  tessellation: Range;
  /** yellowing of the lens */
  lens: Range;
  /** pallor of the cup against the rim, 1 is plain */
  pallor: Range;
  /** share of eyes with an atrophic crescent */
  atrophy: number;
  /** sheen of the nerve fibres */
  fibres: Range;
}

export interface FundusDomainProfile {
  population: FundusPopulation;
  camera: CameraProfile;
}

/** Profiles by domain name. */
export const fundusProfiles: Record<FundusDomain, FundusDomainProfile> = {
  Domain1: {
    population: {
      discDiameter: [0.4, 0.52],
      melanin: [0.9, 1.5],
      choroidBlood: [0.7, 1.1],
      tessellation: [0, 0.5],
      lens: [0.6, 1.3],
      pallor: [0.9, 1.1],
      atrophy: 0.15,
      fibres: [0.1, 0.5],
    },
    camera: {
      exposure: [0.35, 1.0],
      whiteBalance: [1, 0.75, 0.42],
      warmth: 0.06,
      saturation: 1,
      gamma: 1.75,
      contrast: 0.15,
      veil: [0.008, 0.007, 0.005],
      vignette: [0.15, 0.6],
      blur: 0.0075,
      sharpening: 0,
      noise: { shot: 0.006, read: 0.003, spread: 0.7 },
      quality: undefined,
      aperture: 0,
    },
  },
  Domain2: {
    population: {
      discDiameter: [0.32, 0.42],
      melanin: [0.15, 0.5],
      choroidBlood: [1.2, 1.8],
      tessellation: [0.35, 1],
      lens: [0.1, 0.4],
      pallor: [0.95, 1.2],
      atrophy: 0.3,
      fibres: [0.1, 0.5],
    },
    camera: {
      exposure: [0.75, 1.3],
      whiteBalance: [0.85, 0.62, 0.5],
      warmth: 0.05,
      saturation: 1.1,
      gamma: 1.8,
      contrast: 0.45,
      veil: [0.02, 0.01, 0.012],
      vignette: [0.2, 0.5],
      blur: 0.0045,
      sharpening: 0.2,
      noise: { shot: 0.012, read: 0.004, spread: 0.4 },
      quality: undefined,
      aperture: 0,
    },
  },
  Domain3: {
    population: {
      discDiameter: [0.28, 0.38],
      melanin: [0.8, 1.4],
      choroidBlood: [0.35, 0.7],
      tessellation: [0, 0.6],
      lens: [0, 0.35],
      pallor: [1, 1.25],
      atrophy: 0.4,
      fibres: [0.5, 1.4],
    },
    camera: {
      exposure: [0.75, 1.4],
      whiteBalance: [0.68, 0.98, 0.88],
      warmth: 0.08,
      saturation: 1,
      gamma: 1.65,
      contrast: 0.5,
      veil: [0, 0, 0],
      vignette: [0.15, 0.45],
      blur: 0.002,
      sharpening: 0.8,
      noise: { shot: 0.01, read: 0.003, spread: 0 },
      quality: undefined,
      aperture: 0.75,
    },
  },
  Domain4: {
    population: {
      discDiameter: [0.26, 0.36],
      melanin: [0.35, 0.8],
      choroidBlood: [0.6, 1.0],
      tessellation: [0.1, 0.5],
      lens: [0, 0.4],
      pallor: [0.95, 1.2],
      atrophy: 0.25,
      fibres: [0.3, 0.9],
    },
    camera: {
      exposure: [0.65, 1.25],
      whiteBalance: [1.0, 0.9, 0.85],
      warmth: 0.08,
      saturation: 0.9,
      gamma: 2.2,
      contrast: 0.15,
      veil: [0.05, 0.035, 0.03],
      vignette: [0.3, 0.6],
      blur: 0.005,
      sharpening: 0.3,
      noise: { shot: 0.018, read: 0.006, spread: 0.6 },
      quality: 55,
      aperture: 0.5,
    },
  },
};
