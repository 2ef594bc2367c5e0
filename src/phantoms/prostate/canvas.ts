/**
 * A square canvas in millimetres on which tissues are painted as closed curves with anti-aliased edges.
 * x points to the patient's left (the picture's right), y to the back (down); the origin is the prostate's centre.
 */

export type Point = readonly [number, number];

/** What a shape is filled with: a signal level and how strongly a texture field modulates it. */
export interface Fill {
  level: number;
  texture?: Float32Array;
  /** relative amplitude of the texture */
  amount?: number;
  /** 0 … 1, default 1 */
  opacity?: number;
}

/** Where the picture lies: its side in mm and the millimetre position of its centre, turned by `angle`. */
export interface Frame {
  side: number;
  x: number;
  y: number;
  angle: number;
}

const subLines = 4;

export class Canvas {
  /** signal, `[size, size]` */
  readonly signal: Float32Array;
  private readonly coverage: Float32Array;
  private readonly scale: number;
  private readonly cos: number;
  private readonly sin: number;

  constructor(
    readonly size: number,
    readonly frame: Frame,
  ) {
    this.signal = new Float32Array(size * size);
    this.coverage = new Float32Array(size * size);
    this.scale = size / frame.side;
    this.cos = Math.cos(frame.angle);
    this.sin = Math.sin(frame.angle);
  }

  /** Millimetres to pixels; pixel (0, 0) covers [0, 1) × [0, 1). */
  toPixel([x, y]: Point): [number, number] {
    const dx = x - this.frame.x;
    const dy = y - this.frame.y;
    return [
      this.size / 2 + this.scale * (this.cos * dx - this.sin * dy),
      this.size / 2 + this.scale * (this.sin * dx + this.cos * dy),
    ];
  }

  /** Centre of a pixel in millimetres. */
  toMillimetres(column: number, row: number): [number, number] {
    const u = (column + 0.5 - this.size / 2) / this.scale;
    const v = (row + 0.5 - this.size / 2) / this.scale;
    return [this.frame.x + this.cos * u + this.sin * v, this.frame.y - this.sin * u + this.cos * v];
  }

  /** Paints a polygon given in millimetres. */
  paint(polygon: readonly Point[], { level, texture, amount = 0, opacity = 1 }: Fill): void {
    const { signal, size, coverage } = this;
    this.cover(polygon, (first, last, row) => {
      for (let x = first; x <= last; x++) {
        const at = row * size + x;
        const alpha = Math.min(1, coverage[at]) * opacity;
        coverage[at] = 0;
        if (alpha <= 0) continue;
        const value = texture ? level * Math.max(0.05, 1 + amount * texture[at]) : level;
        signal[at] += alpha * (value - signal[at]);
      }
    });
  }

  /** Paints an open line of a width in millimetres. */
  stroke(line: readonly Point[], width: number, fill: Fill): void {
    const left: Point[] = [];
    const right: Point[] = [];
    line.forEach(([x, y], i) => {
      const [ax, ay] = line[Math.max(0, i - 1)];
      const [bx, by] = line[Math.min(line.length - 1, i + 1)];
      const length = Math.hypot(bx - ax, by - ay) || 1;
      const nx = (-(by - ay) / length) * (width / 2);
      const ny = ((bx - ax) / length) * (width / 2);
      left.push([x + nx, y + ny]);
      right.push([x - nx, y - ny]);
    });
    this.paint([...left, ...right.reverse()], fill);
  }

  /** Accumulates the covered share of every pixel and hands over row by row what was touched. */
  private cover(polygon: readonly Point[], touched: (first: number, last: number, row: number) => void): void {
    const lines = crossings(
      polygon.map((point) => this.toPixel(point)),
      this.size * subLines,
    );
    for (let row = Math.floor(lines.first / subLines); row * subLines < lines.first + lines.at.length; row++) {
      let first = this.size;
      let last = -1;
      for (let s = 0; s < subLines; s++) {
        const ends = lines.at[row * subLines + s - lines.first];
        if (ends === undefined) continue;
        for (let i = 0; i + 1 < ends.length; i += 2) {
          const a = Math.max(0, ends[i]);
          const b = Math.min(this.size, ends[i + 1]);
          if (b <= a) continue;
          this.addSpan(row, a, b);
          first = Math.min(first, Math.floor(a));
          last = Math.max(last, Math.min(this.size - 1, Math.floor(b)));
        }
      }
      if (last >= first) touched(first, last, row);
    }
  }

  private addSpan(row: number, a: number, b: number): void {
    const base = row * this.size;
    const last = Math.min(this.size - 1, Math.floor(b));
    for (let x = Math.floor(a); x <= last; x++)
      this.coverage[base + x] += Math.max(0, Math.min(b, x + 1) - Math.max(a, x)) / subLines;
  }
}

/**
 * Where a closed polygon in pixels meets the horizontal sub-lines of the picture, sorted along each line.
 * `at[k]` belongs to sub-line `first + k`, whose height is `(first + k + 0.5) / subLines`.
 */
function crossings(points: readonly Point[], lines: number): { first: number; at: number[][] } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const [, y] of points) {
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  const first = Math.max(0, Math.ceil(low * subLines - 0.5));
  const end = Math.min(lines, Math.ceil(high * subLines - 0.5));
  const at = Array.from({ length: Math.max(0, end - first) }, (): number[] => []);
  for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
    const [ax, ay] = points[j];
    const [bx, by] = points[i];
    const from = Math.max(first, Math.ceil(Math.min(ay, by) * subLines - 0.5));
    const to = Math.min(end, Math.ceil(Math.max(ay, by) * subLines - 0.5));
    const slope = (bx - ax) / (by - ay);
    for (let line = from; line < to; line++) at[line - first].push(ax + ((line + 0.5) / subLines - ay) * slope);
  }
  for (const ends of at) ends.sort((a, b) => a - b);
  return { first, at };
}

/** A closed smooth curve through the control points (Catmull-Rom), as a polygon. */
export function smoothClosed(control: readonly Point[], perSpan = 5): Point[] {
  const n = control.length;
  const out: Point[] = [];
  for (let i = 0; i < n; i++) {
    const [p0, p1, p2, p3] = [-1, 0, 1, 2].map((k) => control[(i + k + n) % n]);
    for (let k = 0; k < perSpan; k++) {
      const t = k / perSpan;
      const at = (c: 0 | 1): number =>
        0.5 *
        (2 * p1[c] +
          (p2[c] - p0[c]) * t +
          (2 * p0[c] - 5 * p1[c] + 4 * p2[c] - p3[c]) * t * t +
          (3 * p1[c] - p0[c] - 3 * p2[c] + p3[c]) * t * t * t);
      out.push([at(0), at(1)]);
    }
  }
  return out;
}

/** Corners of the polygons that stand for ellipses. */
export const ellipseCorners = 28;

/** An ellipse as a polygon, turned by `angle`. */
export function ellipse(x: number, y: number, radiusX: number, radiusY: number, angle = 0): Point[] {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return Array.from({ length: ellipseCorners }, (_, i) => {
    const t = (2 * Math.PI * i) / ellipseCorners;
    const u = radiusX * Math.cos(t);
    const v = radiusY * Math.sin(t);
    return [x + cos * u - sin * v, y + sin * u + cos * v] as const;
  });
}

/** Moves a closed polygon's points outwards along its normals by `distance` mm. */
export function grow(polygon: readonly Point[], distance: number): Point[] {
  let area = 0;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++)
    area += polygon[j][0] * polygon[i][1] - polygon[i][0] * polygon[j][1];
  const out = Math.sign(area) * distance;
  return polygon.map(([x, y], i): Point => {
    const [ax, ay] = polygon[(i + polygon.length - 1) % polygon.length];
    const [bx, by] = polygon[(i + 1) % polygon.length];
    const length = Math.hypot(bx - ax, by - ay) || 1;
    return [x + (out * (by - ay)) / length, y - (out * (bx - ax)) / length];
  });
}
