/**
 * Control points of pelvic structures in millimetres, on the picture's right side, at the apex of the prostate and
 * at its base; a level between is interpolated. The proportions follow axial T2 pictures of adult men.
 */
import type { Point } from "./canvas.js";

/** One structure at the two ends of the gland, point for point. */
export interface Keyframes {
  apex: readonly Point[];
  base: readonly Point[];
}

/** Adductor and pectineus muscles in front. */
export const adductors: Keyframes = {
  apex: [
    [9, -63],
    [30, -64],
    [60, -55],
    [86, -37],
    [116, -4],
    [124, 26],
    [94, 15],
    [72, 3],
    [50, -12],
    [33, -27],
    [24, -42],
    [14, -56],
  ],
  base: [
    [24, -62],
    [42, -70],
    [62, -70],
    [82, -62],
    [104, -48],
    [122, -22],
    [108, -26],
    [92, -34],
    [74, -44],
    [58, -54],
    [44, -57],
    [32, -58],
  ],
};

/** Internal obturator muscle along the wall of the pelvis. */
export const obturator: Keyframes = {
  apex: [
    [26, -25],
    [37, -20],
    [48, -11],
    [57, 2],
    [59, 11],
    [50, 20],
    [46, 32],
    [48, 46],
    [56, 56],
    [66, 60],
    [60, 67],
    [48, 64],
    [43, 50],
    [40, 28],
    [34, 6],
    [28, -14],
  ],
  base: [
    [36, -48],
    [48, -46],
    [60, -37],
    [66, -20],
    [68, 0],
    [68, 18],
    [66, 34],
    [65, 46],
    [73, 56],
    [84, 60],
    [75, 67],
    [57, 60],
    [49, 46],
    [43, 26],
    [39, 4],
    [36, -22],
  ],
};

/** Ischium, at the base the posterior column of the hip socket. */
export const ischium: Keyframes = {
  apex: [
    [51, 29],
    [58, 20],
    [69, 15],
    [77, 20],
    [77, 33],
    [70, 46],
    [60, 54],
    [52, 46],
  ],
  base: [
    [70, 14],
    [71, 0],
    [78, 8],
    [85, 22],
    [94, 34],
    [92, 46],
    [80, 52],
    [71, 34],
  ],
};

/** Body of the pubic bone, at the base its upper branch. */
export const pubis: Keyframes = {
  apex: [
    [3.5, -60],
    [12, -60],
    [20, -48],
    [31, -27],
    [26, -22],
    [13, -26],
    [6, -36],
    [3.2, -48],
  ],
  base: [
    [4, -60],
    [16, -60],
    [40, -56],
    [68, -44],
    [72, -33],
    [56, -41],
    [30, -50],
    [5, -47],
  ],
};

/** Great gluteal muscle at the back. */
export const gluteus: Keyframes = {
  apex: [
    [13, 79],
    [19, 67],
    [36, 60],
    [70, 63],
    [118, 54],
    [130, 76],
    [114, 93],
    [76, 95],
    [40, 94],
    [19, 90],
  ],
  base: [
    [22, 76],
    [34, 65],
    [56, 62],
    [84, 57],
    [118, 40],
    [132, 62],
    [120, 88],
    [86, 100],
    [52, 102],
    [30, 93],
  ],
};

/** Line of fat between the muscles in front at the apex. */
export const fatPlane: readonly Point[] = [
  [26, -46],
  [40, -43],
  [55, -34],
  [70, -27],
  [84, -14],
  [118, 14],
];

/** Points at level `z`, 0 apex … 1 base. */
export function outlineAt({ apex, base }: Keyframes, z: number): Point[] {
  return apex.map(([x, y], i) => [x + z * (base[i][0] - x), y + z * (base[i][1] - y)] as const);
}
