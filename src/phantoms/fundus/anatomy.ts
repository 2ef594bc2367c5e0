/**
 * The eye behind one fundus phantom: disc, cup and everything the painter needs that is not a texture.
 * Lengths are fractions of the crop's side; x points right, y down.
 */
import type { RandomStream } from "../../core/random.js";
import { drawOutline, type Outline } from "../outlines.js";
import type { Range } from "../types.js";
import type { FundusPopulation } from "./cameras.js";

/** Grey values of the paper's Fundus masks. */
export const fundusMaskValues = { cup: 0, rim: 128, background: 255 } as const;

/** The cup never reaches nearer to the disc's edge than this level. */
const cupLimit = 0.95;

export interface FundusAnatomy {
  /** +1 when the macula lies to the right, -1 to the left */
  temporal: 1 | -1;
  disc: Outline;
  cup: Outline;
  /** mean disc radius */
  discRadius: number;
  /** where the central vessels emerge */
  trunk: { x: number; y: number };
  /** width of the soft slope from rim to cup, in cup levels */
  cupSlope: number;
  /** blur of the disc's edge, in disc levels */
  discEdge: number;
  melanin: number;
  choroidBlood: number;
  tessellation: number;
  lens: number;
  pallor: number;
  fibres: number;
  /** capillary blood of the rim, optical depth in green */
  rimBlood: number;
  /** atrophic crescent: disc level it reaches, direction and half-width in radians; absent in most eyes */
  atrophy?: { reach: number; direction: number; spread: number };
  /** strength of the bright scleral ring and of the dark pigment crescent around the disc, 0 … 1 */
  scleralRing: number;
  pigmentCrescent: number;
}

function within(stream: RandomStream, [low, high]: Range): number {
  return stream.uniform(low, high);
}

/** Draws one eye of a population. */
export function drawFundusAnatomy(stream: RandomStream, population: FundusPopulation): FundusAnatomy {
  const temporal = stream.bernoulli() ? 1 : -1;
  const discRadius = within(stream, population.discDiameter) / 2;
  const ellipticity = stream.uniform(0.84, 1.02);
  const disc = drawOutline(
    stream,
    {
      x: 0.5 + stream.uniform(-0.07, 0.07),
      y: 0.5 + stream.uniform(-0.07, 0.07),
      radiusX: discRadius * Math.sqrt(ellipticity),
      radiusY: discRadius / Math.sqrt(ellipticity),
      angle: stream.normal(0, 0.2),
    },
    0.012,
  );
  const { cup, ratio } = drawCup(stream, disc, temporal);
  const nasal = -temporal;
  return {
    temporal,
    disc,
    cup,
    discRadius,
    trunk: {
      x: cup.x + nasal * cup.radiusX * stream.uniform(0.25, 0.7),
      y: cup.y + cup.radiusY * stream.uniform(-0.2, 0.2),
    },
    cupSlope: stream.uniform(0.1, 0.22),
    discEdge: stream.uniform(0.03, 0.08),
    melanin: within(stream, population.melanin),
    choroidBlood: within(stream, population.choroidBlood),
    tessellation: within(stream, population.tessellation),
    lens: within(stream, population.lens),
    pallor: within(stream, population.pallor) * (0.85 + 0.3 * ratio),
    fibres: within(stream, population.fibres),
    rimBlood: stream.uniform(0.5, 0.8),
    atrophy: stream.bernoulli(population.atrophy)
      ? {
          reach: stream.uniform(1.2, 1.7),
          direction: (temporal > 0 ? 0 : Math.PI) + stream.normal(0, 0.4),
          spread: stream.uniform(0.7, 1.6),
        }
      : undefined,
    scleralRing: stream.bernoulli(0.5) ? stream.uniform(0.2, 0.8) : 0,
    pigmentCrescent: stream.bernoulli(0.4) ? stream.uniform(0.2, 0.7) : 0,
  };
}

/** A cup of vertical cup-to-disc ratio .3 … .8, shifted a little to the temporal side. */
function drawCup(stream: RandomStream, disc: Outline, temporal: number): { cup: Outline; ratio: number } {
  const ratio = stream.uniform(0.3, 0.8);
  const room = cupLimit - ratio;
  const cup = drawOutline(
    stream,
    {
      x: disc.x + temporal * disc.radiusX * room * stream.uniform(0, 0.45),
      y: disc.y + disc.radiusY * room * stream.uniform(-0.25, 0.25),
      radiusX: disc.radiusX * ratio * stream.uniform(0.9, 1.12),
      radiusY: disc.radiusY * ratio,
      angle: disc.angle + stream.normal(0, 0.2),
    },
    0.03,
  );
  return { cup, ratio };
}

/** The exact mask `[size, size]` from the outlines' levels: each pixel is what lies at its centre. */
export function fundusMask(disc: Float32Array, cup: Float32Array): Uint8Array {
  const mask = new Uint8Array(disc.length).fill(fundusMaskValues.background);
  for (let i = 0; i < mask.length; i++) {
    if (disc[i] > 1) continue;
    mask[i] = disc[i] <= cupLimit && cup[i] <= 1 ? fundusMaskValues.cup : fundusMaskValues.rim;
  }
  return mask;
}
