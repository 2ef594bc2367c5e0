/** Series of DICOM files for tests: every voxel has a value of its own, and the files' names say nothing. */
import { join } from "node:path";
import { put } from "../files.js";
import { type Dataset, dicomFile, type FileOptions, picture } from "./dicom-file.js";

export type Matrix = readonly (readonly [number, number, number])[];

/** What a series looks like; a plain axial one of 6 slices unless given. */
export interface SeriesOptions {
  /** Columns: along a row, along a column, along the slices. */
  readonly axes?: Matrix;
  /** Millimetres along the same. */
  readonly spacing?: readonly [number, number, number];
  readonly origin?: readonly [number, number, number];
  /** Which of the slices are written, in order of their numbers. */
  readonly slices?: readonly number[];
  readonly more?: (slice: number) => Dataset;
  readonly file?: FileOptions;
  /** How the files' names begin. */
  readonly prefix?: string;
}

/** Columns, rows and slices. */
export const size = [7, 5, 6] as const;
export const standard: {
  readonly axes: Matrix;
  readonly spacing: readonly [number, number, number];
  readonly origin: readonly [number, number, number];
} = {
  axes: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  spacing: [0.7, 1.1, 2.5],
  origin: [-10.5, 20.25, 3.125],
};

/** The value at a column, row and slice. */
export function valueAt(x: number, y: number, z: number): number {
  return x + size[0] * (y + size[1] * z);
}

/** World coordinates of a voxel. */
export function worldAt(
  { axes, spacing, origin }: typeof standard,
  index: readonly [number, number, number],
): number[] {
  return [0, 1, 2].map((r) => origin[r] + index.reduce((sum, at, c) => sum + at * spacing[c] * axes[r][c], 0));
}

const column = (axes: Matrix, c: 0 | 1 | 2) => axes.map((row) => row[c]);
/** A DS has 16 characters at most. */
export const decimals = (numbers: readonly number[]) =>
  numbers.map((one) => String(Number(one.toFixed(10)))).join("\\");

/** The attributes of one slice. */
export function slice(z: number, options: SeriesOptions = {}): Dataset {
  const { axes = standard.axes, spacing = standard.spacing, origin = standard.origin, more } = options;
  const values = Array.from({ length: size[0] * size[1] }, (_, i) => valueAt(i % size[0], Math.floor(i / size[0]), z));
  return picture(size[1], size[0], values, {
    "00080016 UI": "1.2.840.10008.5.1.4.1.1.2",
    "00080018 UI": `1.2.3.${z + 1}`,
    "00080060 CS": "CT",
    "00100010 PN": "Secret^Name",
    "00100020 LO": "SecretNumber",
    "0020000D UI": "1.2.3",
    "0020000E UI": "1.2.3.100",
    "00200011 IS": "3",
    "00200013 IS": String(z + 1),
    "00200032 DS": decimals(worldAt({ axes, spacing, origin }, [0, 0, z])),
    "00200037 DS": decimals([...column(axes, 0), ...column(axes, 1)]),
    "00200052 UI": "1.2.3.200",
    "00280030 DS": decimals([spacing[1], spacing[0]]),
    "00180050 DS": String(spacing[2]),
    ...more?.(z),
  });
}

/** Writes a series, in folders two deep, in an order that is not its own. */
export function putSeries(folder: string, options: SeriesOptions = {}): string {
  const { slices = Array.from({ length: size[2] }, (_, z) => z), prefix = "" } = options;
  slices.forEach((z, i) => {
    const name = `${prefix}${(i * 5) % 7}-${i}${i % 2 ? ".dcm" : ""}`;
    put(join(folder, `part-${i % 2}`, name), dicomFile(slice(z, options), options.file));
  });
  return folder;
}

/** An enhanced multi-frame file of the same volume. @param order of its frames */
export function enhanced(options: SeriesOptions = {}, order: readonly number[] = [0, 1, 2, 3, 4, 5]): Dataset {
  const frames = order.map((z) => slice(z, options));
  const [first] = frames;
  const { "00200032 DS": _, "00200037 DS": orientation, "00280030 DS": spacing, "7FE00010 OW": __, ...plain } = first;
  return {
    ...plain,
    "00280008 IS": String(order.length),
    "52009229 SQ": [{ "00209116 SQ": [{ "00200037 DS": orientation }], "00289110 SQ": [{ "00280030 DS": spacing }] }],
    "52009230 SQ": frames.map((frame) => ({ "00209113 SQ": [{ "00200032 DS": frame["00200032 DS"] }] })),
    "7FE00010 OW": frames.flatMap((frame) => frame["7FE00010 OW"] as number[]),
  };
}

/** Half of the 48 axis orders: those whose slices ascend along (row x column). */
export const orientations: readonly Matrix[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
].flatMap(([row, col]) =>
  [
    [1, 1],
    [1, -1],
    [-1, 1],
    [-1, -1],
  ].map(([s, t]): Matrix => {
    const [a, b] = [
      [0, 0, 0],
      [0, 0, 0],
    ];
    a[row] = s;
    b[col] = t;
    const normal = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    return [0, 1, 2].map((r) => [a[r], b[r], normal[r]] as [number, number, number]);
  }),
);

/** Turned about two axes. */
export const oblique: Matrix = (() => {
  const [ca, sa, cb, sb] = [Math.cos(0.3), Math.sin(0.3), Math.cos(0.2), Math.sin(0.2)];
  return [
    [ca, -sa * cb, sa * sb],
    [sa, ca * cb, -ca * sb],
    [0, sb, cb],
  ];
})();
