/** The inner half of a pelvic slice: the sling of the levator muscle, rectum, bladder and seminal vesicles. */
import { smoothStep } from "../fields.js";
import { ellipse, ellipseCorners, grow, type Point, smoothClosed } from "./canvas.js";
import { glandAt, type PelvisAnatomy, rectumAt } from "./pelvis-anatomy.js";
import { type PelvisSlice, signals } from "./pelvis-slice.js";

/** Paints groups of tissues in turn; every method covers what lies under it. */
export class PelvisOrgans {
  constructor(private readonly slice: PelvisSlice) {}

  /** The levator sling around gland and rectum, the tissue inside of it, and the veins in front of the gland. */
  sling(): void {
    const { canvas, anatomy, z, fat, textures } = this.slice;
    const gland = glandAt(anatomy, z);
    const rectum = rectumAt(anatomy, z);
    const beside = Math.max(gland.halfWidth + 3.5 + 2 * z, rectum.radius + 3);
    const front = gland.y - gland.halfDepth;
    const back = rectum.y + rectum.radius;
    const half: Point[] = [
      [0.3 * beside, front - 5],
      [0.72 * beside, front + 1],
      [0.98 * beside, gland.y - 0.15 * gland.halfDepth],
      [1.02 * beside, gland.y + 0.6 * gland.halfDepth],
      [0.62 * beside + 0.38 * (rectum.radius + 4), rectum.y - 0.2 * rectum.radius],
      [0.75 * rectum.radius + 2, rectum.y + 0.7 * rectum.radius],
      [0.3 * rectum.radius, back + 1],
    ];
    const sling = smoothClosed([...half, ...half.toReversed().map(([x, y]): Point => [-x, y])]).map(
      ([x, y], i): Point => [x + gland.x + 0.9 * Math.sin(0.45 * i + anatomy.drift[6] + z), y],
    );
    const thick = 3.6 - 1.6 * z;
    canvas.paint(grow(sling, thick), { level: signals.levator, texture: textures.fine, amount: 0.25 });
    canvas.paint(sling, { level: 0.62 * fat, texture: textures.middle, amount: 0.32 });
    canvas.paint(ellipse(gland.x, front - 1, gland.halfWidth * 0.7, 6), {
      level: 0.55,
      texture: textures.fine,
      amount: 0.4,
      opacity: 0.8,
    });
  }

  /** Bladder and seminal vesicles, towards the base only. */
  bladder(): void {
    const { canvas, anatomy, z, textures } = this.slice;
    const gland = glandAt(anatomy, z);
    const full = smoothStep(0.55, 1, z) * anatomy.bladder;
    if (full > 0.35) {
      const y = gland.y - gland.halfDepth - 4 * full;
      const shape = (extra: number): Point[] =>
        ellipse(gland.x, y, 36 * full + extra, 19 * full + extra).map(
          ([px, py], i): Point => [px, py + 1.2 * Math.sin(0.9 * i + anatomy.drift[5])],
        );
      canvas.paint(shape(3), { level: 0.16, texture: textures.fine, amount: 0.2 });
      canvas.paint(shape(0), { level: signals.fluid, texture: textures.coarse, amount: 0.02 });
    }
    const vesicles = smoothStep(0.78, 0.95, z);
    for (const side of [-1, 1])
      canvas.paint(ellipse(side * 17, gland.y + gland.halfDepth * 0.95, 15, 5.5, side * -0.25), {
        level: 0.55,
        texture: textures.fine,
        amount: 0.45,
        opacity: vesicles,
      });
  }

  /** Rectum with its wall and what fills it. */
  rectum(): void {
    const { canvas, anatomy, z, textures } = this.slice;
    const { x, y, radius } = rectumAt(anatomy, z);
    const inner = radius - 3;
    const folded = (size: number, depth: number): Point[] =>
      ellipse(x, y, size, size * 0.95).map(([px, py], i): Point => {
        const t = (2 * Math.PI * i) / ellipseCorners;
        const fold =
          1 + depth * (Math.sin(3 * t + anatomy.drift[4] + 2 * z) + 0.7 * Math.sin(5 * t + anatomy.drift[7] - 3 * z));
        return [x + (px - x) * fold, y + (py - y) * fold];
      });
    canvas.paint(ellipse(x, y, radius, radius), { level: signals.bowelWall, texture: textures.fine, amount: 0.3 });
    canvas.paint(folded(inner + 1, 0.03), { level: 0.55, opacity: 0.7, texture: textures.fine, amount: 0.25 });
    const contents: Record<PelvisAnatomy["rectum"]["filling"], () => void> = {
      gas: () => canvas.paint(folded(inner - 0.3, 0.07), { level: 0.02 }),
      stool: () => canvas.paint(folded(inner - 0.3, 0.06), { level: 0.32, texture: textures.middle, amount: 0.45 }),
      collapsed: () => {
        canvas.paint(folded(inner * 0.55, 0.25), { level: 0.8, texture: textures.fine, amount: 0.3 });
        canvas.paint(folded(inner * 0.2, 0.25), { level: 0.1 });
      },
      airCoil: () => {
        canvas.paint(folded(inner + 0.5, 0.015), { level: 0.015 });
        canvas.paint(ellipse(x + 1, y + 3, 4, 3.6), { level: 0.1 });
        canvas.paint(ellipse(x + 1, y + 3, 2.6, 2.2), { level: 0.02 });
      },
      fluidCoil: () => {
        canvas.paint(ellipse(x, y, inner + 0.5, inner + 0.5), { level: 0.05 });
        canvas.paint(ellipse(x, y, inner - 1.5, inner - 1.5), { level: 0.42 });
        canvas.paint(ellipse(x, y, 4, 4), { level: 0.03 });
        canvas.paint(ellipse(x, y, 2, 2), { level: 0.45 });
      },
    };
    contents[anatomy.rectum.filling]();
  }
}
