/**
 * The retinal vessel tree: central artery and vein divide on the disc into temporal arcades and nasal branches,
 * which taper and branch (daughter radii after Murray's law, r³ = r₁³ + r₂³). Drawn as optical path lengths.
 */
import type { RandomStream } from "../../core/random.js";
import type { FundusAnatomy } from "./anatomy.js";

/** A tapering piece of vessel: a polyline of points with the vessel's radius there. */
interface Vessel {
  artery: boolean;
  points: { x: number; y: number; radius: number }[];
}

/** Blood in front of each pixel, in units of the main vein's diameter, and the reflex on arteries, 0 … 1. */
export interface VesselFields {
  artery: Float32Array;
  vein: Float32Array;
  reflex: Float32Array;
}

interface Course {
  artery: boolean;
  x: number;
  y: number;
  heading: number;
  /** turn of the heading per length */
  curvature: number;
  radius: number;
  length: number;
  depth: number;
  /** share of its width with which a vessel that comes out of the tissue begins; absent on branches */
  emerging?: number;
}

const thinnest = 0.0011;

/** Draws the whole tree of an eye. */
export function growVessels(stream: RandomStream, anatomy: FundusAnatomy): Vessel[] {
  const vessels: Vessel[] = [];
  for (const artery of [false, true]) {
    const disc = anatomy.discRadius;
    const source = {
      x: anatomy.trunk.x + disc * stream.normal(artery ? -0.06 : 0.06, 0.07),
      y: anatomy.trunk.y + disc * stream.normal(0, 0.08),
    };
    for (const pole of [-1, 1]) growTrunk(stream, anatomy, { ...source, artery, pole }, vessels);
  }
  growFineVessels(stream, anatomy, vessels);
  return vessels;
}

/** One half of the central artery or vein, from the cup to the fork into temporal and nasal branch. */
function growTrunk(
  stream: RandomStream,
  anatomy: FundusAnatomy,
  { x, y, artery, pole }: { x: number; y: number; artery: boolean; pole: number },
  out: Vessel[],
): void {
  const { discRadius: disc, temporal } = anatomy;
  const radius = disc * (artery ? 0.07 : 0.092) * stream.uniform(0.8, 1.15);
  const upright = (pole * Math.PI) / 2;
  const trunk: Course = {
    artery,
    x: x + disc * stream.normal(0, 0.03),
    y: y + disc * stream.normal(0, 0.03),
    heading: upright + stream.normal(0, 0.45),
    curvature: stream.normal(0, 0.7) / disc,
    radius,
    length: disc * stream.uniform(0.05, 0.95),
    depth: 0,
    emerging: 0.4,
  };
  const end = extend(stream, anatomy, trunk, out);
  const share = stream.uniform(0.5, 0.75);
  for (const [direction, part] of [
    [temporal, share],
    [-temporal, 1 - share],
  ]) {
    // Turning from upright towards a side: clockwise on one pole, counter-clockwise on the other.
    const turn = -direction * pole;
    const arcade = direction === temporal;
    const away = arcade ? stream.uniform(0.05, 0.6) : stream.uniform(0.25, 1.1);
    extend(
      stream,
      anatomy,
      {
        artery,
        x: end.x,
        y: end.y,
        heading: upright + turn * away,
        curvature: (turn * (arcade ? stream.uniform(0.08, 0.4) : stream.uniform(-0.15, 0.2))) / disc,
        radius: radius * Math.cbrt(part),
        length: 2,
        depth: 1,
      },
      out,
    );
  }
}

/** Fine vessels that leave the disc in all directions. */
function growFineVessels(stream: RandomStream, anatomy: FundusAnatomy, out: Vessel[]): void {
  const { discRadius: disc } = anatomy;
  const count = stream.integer(7, 13);
  for (let i = 0; i < count; i++) {
    const heading = stream.uniform(0, 2 * Math.PI);
    const start = disc * stream.uniform(0.3, 0.7);
    extend(
      stream,
      anatomy,
      {
        artery: stream.bernoulli(),
        x: anatomy.trunk.x + Math.cos(heading) * start,
        y: anatomy.trunk.y + Math.sin(heading) * start,
        heading: heading + stream.normal(0, 0.2),
        curvature: stream.normal(0, 0.25) / disc,
        radius: disc * stream.uniform(0.018, 0.038),
        length: disc * stream.uniform(1.2, 4),
        depth: 2,
        emerging: 0,
      },
      out,
    );
  }
}

/** Follows one course to its end or out of the crop, adding side branches; returns where it ended. */
function extend(stream: RandomStream, anatomy: FundusAnatomy, course: Course, out: Vessel[]): { x: number; y: number } {
  const disc = anatomy.discRadius;
  const step = disc * 0.06;
  const tortuosity = course.artery ? 0.12 : 0.2;
  const waves = [stream.uniform(0.8, 1.6), stream.uniform(2, 4)].map((length) => ({
    frequency: (2 * Math.PI) / (length * disc),
    amount: stream.normal(0, tortuosity),
    phase: stream.uniform(0, 2 * Math.PI),
  }));
  const vessel: Vessel = { artery: course.artery, points: [] };
  out.push(vessel);
  let { x, y, radius } = course;
  let side = stream.bernoulli() ? 1 : -1;
  let nextBranch = disc * stream.uniform(0.6, 2);
  for (let s = 0; s <= course.length && radius > thinnest; s += step) {
    const begun = course.emerging ?? 1;
    const emerged = begun + (1 - begun) * Math.min(1, s / (0.3 * disc));
    vessel.points.push({ x, y, radius: radius * emerged });
    if (x < -0.1 || x > 1.1 || y < -0.1 || y > 1.1) break;
    const fade = Math.min(1, s / disc);
    const wander = waves.reduce((sum, w) => sum + w.amount * Math.sin(w.frequency * s + w.phase), 0);
    const heading = course.heading + course.curvature * s + fade * wander;
    if (course.depth > 0 && course.depth < 4 && s > nextBranch) {
      radius = branch(stream, anatomy, { ...course, x, y, heading, radius }, side, out);
      side = -side;
      nextBranch = s + disc * stream.uniform(0.5, 1.8);
    }
    x += step * Math.cos(heading);
    y += step * Math.sin(heading);
    radius *= 1 - 0.006 * (course.depth + 1);
  }
  return { x, y };
}

/** Adds a side branch and returns what is left of the parent's radius. */
function branch(stream: RandomStream, anatomy: FundusAnatomy, parent: Course, side: number, out: Vessel[]): number {
  const share = stream.uniform(0.12, 0.4);
  const angle = stream.uniform(0.45, 1.05);
  const length = anatomy.discRadius * stream.uniform(1.5, 4) * (1 - 0.2 * parent.depth);
  extend(
    stream,
    anatomy,
    {
      ...parent,
      emerging: undefined,
      heading: parent.heading + side * angle,
      curvature: parent.curvature - (side * angle * 0.5) / length,
      radius: parent.radius * Math.cbrt(share),
      length,
      depth: parent.depth + 1,
    },
    out,
  );
  return parent.radius * Math.cbrt(1 - share);
}

/** Rasterises a tree; vessels thinner than a pixel keep their amount of blood. */
export function drawVessels(vessels: readonly Vessel[], discRadius: number, size: number): VesselFields {
  const fields: VesselFields = {
    artery: new Float32Array(size * size),
    vein: new Float32Array(size * size),
    reflex: new Float32Array(size * size),
  };
  const unit = 2 * 0.1 * discRadius * size;
  for (const { artery, points } of vessels) {
    for (let i = 1; i < points.length; i++) {
      const a = points[i - 1];
      const b = points[i];
      const segment = {
        ax: a.x * size - 0.5,
        ay: a.y * size - 0.5,
        bx: b.x * size - 0.5,
        by: b.y * size - 0.5,
        radius: ((a.radius + b.radius) / 2) * size,
      };
      drawSegment(segment, size, unit, artery ? fields.artery : fields.vein, artery ? fields.reflex : undefined);
    }
  }
  return fields;
}

/** Writes the optical path through one cylinder, keeping the longest path of overlapping pieces. */
function drawSegment(
  { ax, ay, bx, by, radius }: { ax: number; ay: number; bx: number; by: number; radius: number },
  size: number,
  unit: number,
  path: Float32Array,
  reflex: Float32Array | undefined,
): void {
  const wide = Math.max(radius, 0.75);
  const blood = ((radius / wide) ** 2 * 2) / unit;
  const x0 = Math.max(0, Math.ceil(Math.min(ax, bx) - wide));
  const x1 = Math.min(size - 1, Math.floor(Math.max(ax, bx) + wide));
  const y0 = Math.max(0, Math.ceil(Math.min(ay, by) - wide));
  const y1 = Math.min(size - 1, Math.floor(Math.max(ay, by) + wide));
  const dx = bx - ax;
  const dy = by - ay;
  const squared = dx * dx + dy * dy || 1;
  for (let y = y0; y <= y1; y++) {
    for (let x = x0; x <= x1; x++) {
      const t = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / squared));
      const d2 = (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2;
      if (d2 >= wide * wide) continue;
      const at = y * size + x;
      path[at] = Math.max(path[at], blood * Math.sqrt(wide * wide - d2));
      if (reflex && radius > 0.9) reflex[at] = Math.max(reflex[at], Math.exp(-d2 / (0.12 * radius * radius)));
    }
  }
}
