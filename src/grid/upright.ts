/**
 * Turning pictures as their files say that they are to be shown. Cameras and scanners store what the sensor read and note
 * in one number how it was held: EXIF's tag Orientation, TIFF's tag 274 of the same meaning.
 */
import { type Samples, samplesLike } from "./stored-image.js";

/** Where the shown picture's first sample is stored, and the steps from there to its next row and column. */
type Path = (height: number, width: number) => readonly [start: number, row: number, column: number];

/** By the tag's value; the remark says where the first stored row and column are shown. */
const paths: readonly Path[] = [
  (_, w) => [0, w, 1], // 1: top, left
  (_, w) => [w - 1, w, -1], // 2: top, right
  (h, w) => [h * w - 1, -w, -1], // 3: bottom, right
  (h, w) => [(h - 1) * w, -w, 1], // 4: bottom, left
  (_, w) => [0, 1, w], // 5: left, top
  (h, w) => [(h - 1) * w, 1, -w], // 6: right, top
  (h, w) => [h * w - 1, -1, -w], // 7: right, bottom
  (_, w) => [w - 1, -1, w], // 8: left, bottom
];

/** The tag's value for pictures that are stored as they are shown. */
export const asStored = 1;

/** Whether a tag's value is one that the standards know. */
export function isOrientation(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= paths.length;
}

/**
 * The shape of the picture as it is shown: 5 to 8 lie on their side.
 * @param shape `[height, width]` as stored
 */
export function uprightShape([height, width]: readonly [number, number], orientation: number): [number, number] {
  return orientation > 4 ? [width, height] : [height, width];
}

/**
 * The samples as they are shown.
 * @param planes `[C, H, W]` as stored
 * @param shape  `[height, width]` as stored
 * @param orientation 1 to 8
 * @returns planes of {@link uprightShape}; the same array where nothing is to be turned
 */
export function upright<T extends Samples>(planes: T, shape: readonly [number, number], orientation: number): T {
  if (orientation === asStored) return planes;
  const [height, width] = uprightShape(shape, orientation);
  const [start, row, column] = paths[orientation - 1](...shape);
  const shown = samplesLike(planes, planes.length);
  let target = 0;
  for (let first = start; target < shown.length; first += height * width)
    for (let y = 0; y < height; y++)
      for (let x = 0, at = first + y * row; x < width; x++, at += column) shown[target++] = planes[at];
  return shown;
}
