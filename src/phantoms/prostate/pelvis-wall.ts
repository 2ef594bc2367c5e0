/** The outer half of a pelvic slice: skin, fat, muscles, bones and the small vessels between them. */
import { smoothStep } from "../fields.js";
import { ellipse, type Fill, grow, type Point, smoothClosed } from "./canvas.js";
import {
  adductors,
  fatPlane,
  gluteus,
  ischium,
  type Keyframes,
  obturator,
  outlineAt,
  pubis,
} from "./pelvis-outlines.js";
import { type PelvisSlice, signals } from "./pelvis-slice.js";

/** Paints groups of tissues in turn; every method covers what lies under it. */
export class PelvisWall {
  constructor(private readonly slice: PelvisSlice) {}

  /** Skin and the fat under it, with the natal cleft. */
  body(): void {
    const { canvas, anatomy, z, fat, textures } = this.slice;
    const front = -66 - 18 * anatomy.fatness;
    const back = 92 + 12 * anatomy.fatness;
    const outline = Array.from({ length: 64 }, (_, i): Point => {
      const t = (2 * Math.PI * i) / 64;
      const x = Math.sign(Math.cos(t)) * Math.abs(Math.cos(t)) ** 0.85;
      const y = Math.sign(Math.sin(t)) * Math.abs(Math.sin(t)) ** 0.85;
      const wave = 1.5 * Math.sin(5 * t + anatomy.drift[2]) + 0.8 * Math.sin(11 * t + anatomy.drift[3] + z);
      return [x * 178 * anatomy.scaleX, ((front + back) / 2 + (y * (back - front)) / 2) * anatomy.scaleY + wave];
    });
    canvas.paint(outline, { level: signals.skin });
    const inner = outline.map(([x, y]): Point => [x * 0.985, y < 0 ? y + 1.8 : y - 1.8]);
    canvas.paint(inner, { level: fat, texture: textures.lobules, amount: 0.07 });
    const cleft = anatomy.scaleY * back;
    const depth = 38 * (1 - 0.8 * z);
    canvas.stroke(
      [
        [1, cleft + 2],
        [-0.5, cleft - depth / 2],
        [0.5, cleft - depth],
      ],
      3.2,
      { level: 0.05 },
    );
  }

  /** Muscles of the pelvic wall with the fat between them, and the femoral vessels. */
  muscles(): void {
    const { anatomy, textures } = this.slice;
    const streaky = anatomy.marbling;
    const front = { level: signals.muscle, texture: textures.adductorFibres, amount: 0.15 + 0.4 * streaky };
    const behind = { level: signals.muscle * 1.1, texture: textures.glutealFibres, amount: 0.2 + 0.4 * streaky };
    for (const side of [-1, 1]) {
      this.muscle(adductors, side, front);
      this.muscle(gluteus, side, behind);
      this.muscle(obturator, side, { level: signals.muscle, texture: textures.middle, amount: 0.12 }, 0.4);
      this.fatPlane(side, 0, 0, 1.4, 0.6);
      this.fatPlane(side, 6, -13, 0.9, 0.3 * streaky + 0.1);
      this.fatPlane(side, -3, 12, 0.8, 0.4 * streaky);
      this.femoralVessel(side, 80, -57, 5);
      this.femoralVessel(side, 69, -61, 5.8);
    }
  }

  /** A line of fat between two muscles in front, shifted by (dx, dy) from the main one. */
  private fatPlane(side: number, dx: number, dy: number, width: number, opacity: number): void {
    const { canvas, anatomy, z, fat } = this.slice;
    const line = fatPlane.map(([x, y], i): Point => {
      const wave = 1.5 * Math.sin(2.1 * i + anatomy.drift[(4 + side) % 8] + dx);
      return [side * (x + dx + 6 * z) * anatomy.scaleX, (y + dy + wave - 14 * z) * anatomy.scaleY];
    });
    canvas.stroke(line, width, { level: fat, opacity });
  }

  /** Flowing blood gives no signal, the wall around it does. */
  private femoralVessel(side: number, x: number, y: number, radius: number): void {
    const { canvas, anatomy, z } = this.slice;
    const at: Point = [side * x * anatomy.scaleX, (y - 6 * z) * anatomy.scaleY];
    canvas.paint(ellipse(at[0], at[1], radius + 0.8, radius, 0.5 * side), { level: 0.3 });
    canvas.paint(ellipse(at[0], at[1], radius, radius - 0.9, 0.5 * side), { level: 0.08 });
  }

  /** Pubis, ischium, femoral heads and, towards the base, the coccyx; marrow within a dark cortex. */
  bones(): void {
    const { canvas, anatomy, z, fat, textures } = this.slice;
    const marrow = { level: signals.marrow * (fat / signals.fat) ** 0.7, texture: textures.fine, amount: 0.1 };
    for (const side of [-1, 1]) {
      for (const frames of [pubis, ischium]) this.bone(this.side(frames, side, 0.5), marrow);
      const head = 23 * smoothStep(0.3, 0.85, z);
      if (head > 5) {
        const x = side * 103 * anatomy.scaleX;
        canvas.paint(ellipse(x, -3, head + 5, head + 5), { level: signals.cartilage });
        canvas.paint(ellipse(x, -3, head + 2.4, head + 2.4), { level: 0.32 });
        this.bone(ellipse(x, -3, head, head), { ...marrow, level: marrow.level * 1.1 });
      }
    }
    const symphysis: Point[] = [
      [-3.2, -61],
      [3.2, -61],
      [2.2, -32 - 14 * z],
      [-2.2, -32 - 14 * z],
    ];
    canvas.paint(smoothClosed(symphysis), { level: 0.12, texture: textures.fine, amount: 0.2 });
    const coccyx = smoothStep(0.35, 0.7, z);
    if (coccyx > 0.2) this.bone(ellipse(0.5, 84, 12 * coccyx, 5 * coccyx), marrow);
  }

  /** Branches of vessels seen as dots and short lines. */
  smallVessels(): void {
    const { canvas, anatomy, z } = this.slice;
    for (const { x, y, z: middle, radius, signal, slant } of anatomy.vesselDots) {
      const near = 1 - Math.abs(z - middle) / 0.22;
      if (near <= 0 || y < anatomy.scaleY * (-54 - 18 * anatomy.fatness)) continue;
      const length = radius * (1 + 1.2 * Math.abs(Math.sin(3 * slant)));
      canvas.paint(ellipse(x + 9 * (z - middle), y, length, radius * 0.8, slant), {
        level: signal,
        opacity: 0.75 * Math.sqrt(near),
      });
    }
  }

  /** A muscle, its border half fat as a thick slice shows it. */
  private muscle(frames: Keyframes, side: number, fill: Fill, roughness = 1): void {
    const outline = this.side(frames, side, roughness);
    this.slice.canvas.paint(grow(outline, 0.5), { ...fill, opacity: 0.5 });
    this.slice.canvas.paint(grow(outline, -0.5), fill);
  }

  /** Marrow within a dark cortex. */
  private bone(outline: readonly Point[], marrow: Fill): void {
    this.slice.canvas.paint(grow(outline, 1.1), { level: signals.cortex, opacity: 0.85 });
    this.slice.canvas.paint(outline, { level: marrow.level * 0.8 });
    this.slice.canvas.paint(grow(outline, -1.5), marrow);
  }

  /** A structure's outline on one side, stretched to the patient, uneven and slightly different left and right. */
  private side(frames: Keyframes, side: number, roughness: number): Point[] {
    const { anatomy, z } = this.slice;
    const phase = (i: number): number => anatomy.drift[(i + (side > 0 ? 2 : 5)) % 8];
    const points = outlineAt(frames, z).map(([x, y], i): Point => {
      const wave = 2.6 * Math.sin(phase(i) + 2.2 * z + 1.9 * i);
      return [side * (x * anatomy.scaleX + wave), y * anatomy.scaleY + 0.8 * wave];
    });
    return smoothClosed(points).map(([x, y], i): Point => {
      const bump =
        roughness * (Math.sin(1.13 * i + phase(1) + 3 * z) * 0.6 + Math.sin(2.31 * i + phase(2) - 4 * z) * 0.6);
      return [x + bump, y + bump * Math.cos(i)];
    });
  }
}
