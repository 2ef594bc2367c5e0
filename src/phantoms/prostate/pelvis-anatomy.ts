/**
 * The patient behind a series of prostate phantoms: sizes, shapes and what changes from apex to base.
 * Lengths in mm; `z` runs from 0 at the apex to 1 at the base of the gland.
 */
import type { RandomStream } from "../../core/random.js";
import { drawOutline, type Outline, outlineLevel } from "../outlines.js";
import type { Point } from "./canvas.js";
import type { RectumShares } from "./scanners.js";

/** Grey values of the paper's prostate masks. */
export const prostateMaskValues = { prostate: 0, background: 255 } as const;

/** A ball in the gland: a nodule of the transition zone or a lesion. Position relative to the gland's half axes. */
export interface Nodule {
  x: number;
  y: number;
  z: number;
  /** radius relative to the gland's half width */
  radius: number;
  /** signal against the tissue around, 1 is equal */
  brightness: number;
}

export interface PelvisAnatomy {
  /** stretch of the whole pelvis */
  scaleX: number;
  scaleY: number;
  /** thickness of the fat under the skin relative to the usual */
  fatness: number;
  /** share of fat between muscle fibres, 0 … 1 */
  marbling: number;
  /** turn of the patient in radians and shift of the picture in mm */
  turn: number;
  shift: Point;
  /** half width and half depth of the gland at its largest, and its height */
  halfWidth: number;
  halfDepth: number;
  height: number;
  gland: Outline;
  /** size of the transition zone relative to the gland, 0.45 … 0.8 */
  transition: number;
  peripheralSignal: number;
  transitionSignal: number;
  nodules: Nodule[];
  lesion?: Nodule;
  rectum: { filling: keyof RectumShares; radius: number; offset: number };
  bladder: number;
  /** small vessels in the fat, dark or bright: position in mm, level of the middle, radius, signal */
  vesselDots: { x: number; y: number; z: number; radius: number; signal: number; slant: number }[];
  /** seeds the slow change of outlines from level to level */
  drift: number[];
}

function pickFilling(stream: RandomStream, shares: RectumShares): keyof RectumShares {
  let left = stream.uniform();
  for (const [name, share] of Object.entries(shares)) {
    left -= share;
    if (left < 0) return name as keyof RectumShares;
  }
  return "gas";
}

const isCoil = (filling: keyof RectumShares): boolean => filling === "airCoil" || filling === "fluidCoil";

/** Draws one patient of a site. */
export function drawPelvisAnatomy(stream: RandomStream, shares: RectumShares): PelvisAnatomy {
  const filling = pickFilling(stream, shares);
  const growth = stream.uniform();
  const halfWidth = 21 + 8 * growth + stream.normal(0, 1.5);
  const halfDepth = halfWidth * (0.66 + 0.16 * growth + stream.normal(0, 0.04)) * (isCoil(filling) ? 0.88 : 1);
  const radius = isCoil(filling)
    ? stream.uniform(15, 19)
    : filling === "collapsed"
      ? stream.uniform(7, 9)
      : stream.uniform(9, 16);
  return {
    scaleX: stream.uniform(0.9, 1.1),
    scaleY: stream.uniform(0.9, 1.1),
    fatness: stream.uniform(0.75, 1.5),
    marbling: stream.uniform(0.1, 1),
    turn: stream.normal(0, 0.035),
    shift: [stream.normal(0, 4), stream.normal(6, 5)],
    halfWidth,
    halfDepth,
    height: stream.uniform(36, 50),
    gland: drawOutline(stream, { x: 0, y: 0, radiusX: 1, radiusY: 1, angle: 0 }, 0.02),
    transition: 0.5 + 0.25 * growth,
    peripheralSignal: stream.uniform(0.62, 0.95),
    transitionSignal: stream.uniform(0.32, 0.48),
    nodules: drawNodules(stream, growth),
    lesion: stream.bernoulli(0.4) ? drawLesion(stream) : undefined,
    rectum: { filling, radius, offset: stream.normal(0, 2) },
    bladder: stream.uniform(0.5, 1.2),
    vesselDots: drawVesselDots(stream),
    drift: Array.from({ length: 8 }, () => stream.uniform(0, 2 * Math.PI)),
  };
}

function drawNodules(stream: RandomStream, growth: number): Nodule[] {
  return Array.from({ length: 10 + Math.round(8 * growth) }, () => ({
    x: stream.uniform(-0.6, 0.6),
    y: stream.uniform(-0.75, 0.35),
    z: stream.uniform(0.25, 1),
    radius: stream.uniform(0.1, 0.2 + 0.16 * growth),
    brightness: stream.uniform(0.55, 2),
  }));
}

/** Branches of vessels and nerves: beside the gland, in the fossae behind it, in the groins and under the skin. */
function drawVesselDots(stream: RandomStream): PelvisAnatomy["vesselDots"] {
  const places = [
    { count: 40, x: 33, y: 36, width: 14, depth: 18 },
    { count: 44, x: 78, y: -58, width: 22, depth: 10 },
    { count: 26, x: 50, y: -76, width: 50, depth: 10 },
    { count: 16, x: 45, y: 0, width: 14, depth: 36 },
  ];
  return places.flatMap(({ count, x, y, width, depth }) =>
    Array.from({ length: count }, () => ({
      x: (stream.bernoulli() ? 1 : -1) * (x + width * stream.uniform(-1, 1)),
      y: y + depth * stream.uniform(-1, 1),
      z: stream.uniform(-0.1, 1.1),
      radius: stream.uniform(0.5, 1.7),
      signal: stream.bernoulli(0.65) ? stream.uniform(0.08, 0.35) : stream.uniform(0.85, 1.1),
      slant: stream.uniform(0, Math.PI),
    })),
  );
}

function drawLesion(stream: RandomStream): Nodule {
  const side = stream.bernoulli() ? 1 : -1;
  return {
    x: side * stream.uniform(0.3, 0.65),
    y: stream.uniform(0.35, 0.65),
    z: stream.uniform(0.15, 0.85),
    radius: stream.uniform(0.15, 0.3),
    brightness: stream.uniform(0.35, 0.55),
  };
}

/** The gland at one level: centre and half axes in mm. */
export interface GlandSection {
  x: number;
  y: number;
  halfWidth: number;
  halfDepth: number;
}

/** Section of the gland at level `z`; the largest lies above the middle. */
export function glandAt(anatomy: PelvisAnatomy, z: number): GlandSection {
  const size = Math.sqrt(Math.max(0.05, 1 - ((z - 0.56) / 0.63) ** 2));
  return {
    x: 1.5 * Math.sin(anatomy.drift[0] + 1.5 * z),
    y: -4 * (z - 0.5),
    halfWidth: anatomy.halfWidth * size,
    halfDepth: anatomy.halfDepth * (0.12 + 0.88 * size),
  };
}

/** The rectum at one level: a circle including its wall. */
export function rectumAt(anatomy: PelvisAnatomy, z: number): { x: number; y: number; radius: number } {
  const { filling, radius, offset } = anatomy.rectum;
  const narrow = isCoil(filling) ? 0.8 + 0.2 * z : 0.65 + 0.35 * z;
  const outer = radius * narrow + 3;
  const gland = glandAt(anatomy, z);
  const overlap = isCoil(filling) ? 0.18 * outer : -1;
  return { x: offset, y: gland.y + gland.halfDepth * 0.93 + outer - overlap, radius: outer };
}

/**
 * Level of a point in the gland, 1 on the capsule: a rounded triangle with a flat back, into which a coil may press.
 * @param x position in mm relative to the pelvis
 */
export function glandLevel(anatomy: PelvisAnatomy, z: number, x: number, y: number): number {
  const section = glandAt(anatomy, z);
  const u = (x - section.x) / section.halfWidth;
  const v = (y - section.y) / section.halfDepth;
  const angle = Math.atan2(v, u);
  const shape = 1 + 0.055 * Math.sin(3 * angle) + 0.02 * Math.cos(2 * angle + anatomy.drift[1] + 2 * z);
  const level = outlineLevel(anatomy.gland, u, v) / shape;
  const rectum = rectumAt(anatomy, z);
  const pressed = (rectum.radius - Math.hypot(x - rectum.x, y - rectum.y)) / 10;
  return pressed < 0 ? level : Math.max(level, 1 + pressed + 1e-6);
}
