/**
 * The inside of the prostate in one slice: bright peripheral zone, mottled transition zone with nodules, dark front
 * stroma, urethra, capsule and now and then a lesion.
 */
import { smoothStep } from "../fields.js";
import type { Canvas } from "./canvas.js";
import { type GlandSection, glandAt, glandLevel, type Nodule, type PelvisAnatomy } from "./pelvis-anatomy.js";

/** Textures a slice of the gland is painted with, zero mean and unit deviation. */
export interface GlandTextures {
  coarse: Float32Array;
  fine: Float32Array;
}

/** A place in the gland: relative to its half axes, in mm from its middle, and the textures there. */
interface Place {
  u: number;
  v: number;
  x: number;
  y: number;
  coarse: number;
  fine: number;
}

const stromaSignal = 0.17;

/** A bump of height 1 about 0 that has fallen to 1/e at `width`. */
function bump(distance: number, width: number): number {
  return Math.exp(-((distance / width) ** 2));
}

/** Paints the gland and marks its exact mask with `inside`: the pixels whose centre the capsule encloses. */
export function paintGland(
  canvas: Canvas,
  anatomy: PelvisAnatomy,
  z: number,
  textures: GlandTextures,
  mask: Uint8Array,
  inside: number,
): void {
  const { size, signal } = canvas;
  const slice = new GlandSlice(anatomy, z);
  const { section } = slice;
  const [cx, cy] = canvas.toPixel([section.x, section.y]);
  const extent = (1.3 * Math.max(section.halfWidth, section.halfDepth) * size) / canvas.frame.side + 2;
  const edge = 0.8 / section.halfDepth;
  for (let row = Math.max(0, Math.floor(cy - extent)); row < Math.min(size, cy + extent); row++) {
    for (let column = Math.max(0, Math.floor(cx - extent)); column < Math.min(size, cx + extent); column++) {
      const [x, y] = canvas.toMillimetres(column, row);
      const level = glandLevel(anatomy, z, x, y);
      const at = row * size + column;
      if (level <= 1) mask[at] = inside;
      if (level > 1.12) continue;
      const tissue = slice.signal(slice.place(x, y, textures, at));
      signal[at] += smoothStep(1 + edge, 1 - edge, level) * (tissue - signal[at]);
      signal[at] *= 1 - 0.6 * bump(level - 1, 1.1 / section.halfDepth);
    }
  }
}

/** The signal of the gland's tissues at one level. */
class GlandSlice {
  readonly section: GlandSection;
  /** nodules and lesions this level cuts, with the radius of the cut */
  private readonly nodules: Nodule[];
  private readonly lesions: Nodule[];
  /** size of the transition zone at this level, 0 … 1 */
  private readonly full: number;

  constructor(
    private readonly anatomy: PelvisAnatomy,
    private readonly z: number,
  ) {
    this.section = glandAt(anatomy, z);
    this.nodules = cutsAt(anatomy.nodules, anatomy, z);
    this.lesions = cutsAt(anatomy.lesion ? [anatomy.lesion] : [], anatomy, z);
    this.full = Math.sqrt(smoothStep(-0.1, 0.55, z));
  }

  place(x: number, y: number, textures: GlandTextures, at: number): Place {
    const { section } = this;
    const dx = x - section.x;
    const dy = y - section.y;
    const texture = { coarse: textures.coarse[at], fine: textures.fine[at] };
    return { u: dx / section.halfWidth, v: dy / section.halfDepth, x: dx, y: dy, ...texture };
  }

  signal(place: Place): number {
    const { anatomy, full } = this;
    const { u, v, coarse, fine } = place;
    const extent = anatomy.transition * full;
    const zone = Math.hypot(u / (1.15 * extent), (v + 0.22 * full + 0.05) / (1.05 * extent));
    const peripheral = anatomy.peripheralSignal * (1 + 0.12 * coarse + 0.1 * fine) * (1 - 0.12 * Math.abs(u));
    const inZone = smoothStep(1.06, 0.94, zone + 0.05 * coarse);
    let signal = peripheral + inZone * (this.transition(place) - peripheral);
    // The transition zone has a dark border of its own, the surgical capsule.
    signal *= 1 - 0.4 * full * bump(zone - 1, 0.07);
    const stroma = smoothStep(0.55, 0.95, 0.05 * coarse - v) * smoothStep(0.65, 0.25, Math.abs(u));
    signal += stroma * (stromaSignal - signal);
    for (const lesion of this.lesions) {
      const distance = Math.hypot(u - lesion.x, v - lesion.y) / lesion.radius;
      signal *= 1 - (1 - lesion.brightness) * smoothStep(1.15, 0.7, distance + 0.1 * coarse);
    }
    return Math.max(0.02, this.withUrethra(signal, place));
  }

  private transition({ u, v, coarse, fine }: Place): number {
    const plain = this.anatomy.transitionSignal;
    let signal = plain * (1 + 0.28 * coarse + 0.14 * fine);
    for (const nodule of this.nodules) {
      const distance = Math.hypot(u - nodule.x, v - nodule.y) / nodule.radius;
      if (distance > 1.4) continue;
      const body = plain * nodule.brightness * (1 + 0.22 * fine + 0.15 * coarse);
      signal += smoothStep(1.08, 0.9, distance) * (body - signal);
      signal *= 1 - 0.5 * bump(distance - 1.03, 0.12);
    }
    return signal;
  }

  /** A dark muscular ring about a bright core, plain at the apex and faint higher up. */
  private withUrethra(signal: number, { x, y }: Place): number {
    const distance = Math.hypot(x, y + 1.5) / 4.2;
    const ring = 0.6 * smoothStep(0.75, 0.05, this.z) + 0.15;
    const dimmed = signal * (1 - ring * bump(distance - 1, 0.35));
    return dimmed + 0.4 * ring * bump(distance, 0.45) * (1 - dimmed);
  }
}

/** The circles in which a level cuts the balls; radii relative to the gland's half width. */
function cutsAt(balls: readonly Nodule[], anatomy: PelvisAnatomy, z: number): Nodule[] {
  return balls.flatMap((ball) => {
    const away = ((ball.z - z) * anatomy.height) / anatomy.halfWidth;
    const squared = ball.radius ** 2 - away ** 2;
    return squared > 0.0004 ? [{ ...ball, radius: Math.sqrt(squared) }] : [];
  });
}
