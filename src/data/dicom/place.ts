/** Where one frame lies in the patient (PS3.3, C.7.6.2): millimetres towards left, posterior and superior. */
import { DataError } from "../../core/errors.js";
import type { Affine } from "../../grid/grid.js";
import { cross, dot, times, type Vector } from "../../grid/vector.js";
import type { DataSet } from "./data-set.js";
import { functionalGroup } from "./functional-groups.js";

/** The place of a frame's pixels. */
export interface Place {
  /** Centre of the first pixel, mm. */
  readonly position: Vector;
  /** Unit vector along a row, towards larger columns. */
  readonly alongRow: Vector;
  /** Unit vector along a column, towards larger rows. */
  readonly alongColumn: Vector;
  /** Millimetres between neighbouring rows and between neighbouring columns. */
  readonly spacing: readonly [y: number, x: number];
}

/** Vectors that are this far from unit length, or from a right angle, are no orientation. */
const tolerance = 1e-3;
/** Nothing is further from the isocentre, mm. */
const farthest = 1e6;

function vector(values: readonly number[], at = 0): Vector {
  return [values[at], values[at + 1], values[at + 2]];
}

function orientationOf(values: readonly number[], file: string): [Vector, Vector] {
  const [row, column] = [vector(values), vector(values, 3)];
  const off = Math.max(Math.abs(dot(row, row) - 1), Math.abs(dot(column, column) - 1), Math.abs(dot(row, column)));
  if (values.length === 6 && off <= 2 * tolerance)
    return [times(row, 1 / Math.hypot(...row)), times(column, 1 / Math.hypot(...column))];
  throw new DataError(
    `${file}: its ImageOrientationPatient is [${values}], two unit vectors at no right angle; replace it`,
  );
}

/** Whether a number can be a distance between pixels or slices, mm. */
export function isSpacing(value: number | undefined): value is number {
  return value !== undefined && value > 1e-6 && value < 1e6;
}

/** @throws DataError when numbers are not two positive ones */
function positivePair(values: readonly number[], what: string, file: string): [number, number] {
  if (values.length === 2 && values.every(isSpacing)) return [values[0], values[1]];
  throw new DataError(`${file}: its ${what} is [${values}]; expected two positive numbers`);
}

/**
 * Where a frame lies.
 * @returns null when the file does not say so completely
 * @throws DataError when it says what cannot be
 */
export function placeOf(set: DataSet, frame: number): Place | null {
  const position = (functionalGroup(set, frame, "PlanePositionSequence") ?? set).numbers("ImagePositionPatient");
  const orientation = (functionalGroup(set, frame, "PlaneOrientationSequence") ?? set).numbers(
    "ImageOrientationPatient",
  );
  const spacing = (functionalGroup(set, frame, "PixelMeasuresSequence") ?? set).numbers("PixelSpacing");
  if (!position || !orientation || !spacing) return null;
  if (position.length !== 3 || !position.every((mm) => Math.abs(mm) < farthest))
    throw new DataError(`${set.file}: its ImagePositionPatient is [${position}], no place in a room; replace it`);
  const [alongRow, alongColumn] = orientationOf(orientation, set.file);
  return {
    position: vector(position),
    alongRow,
    alongColumn,
    spacing: positivePair(spacing, "PixelSpacing", set.file),
  };
}

/** Orientations whose numbers are nearer than this are one, written with fewer digits. */
const sameOrientation = 1e-3;

/** Whether two frames are parallel, with rows along the same line. */
export function haveOneOrientation(a: Place, b: Place): boolean {
  return (["alongRow", "alongColumn"] as const).every((axis) =>
    a[axis].every((value, r) => Math.abs(value - b[axis][r]) <= sameOrientation),
  );
}

/** Along which the slices of a stack are put in order: away from the plane, so that (column, row, slice) is right-handed. */
export function normalOf({ alongRow, alongColumn }: Place): Vector {
  return cross(alongRow, alongColumn);
}

/** From `[y, x]` of one frame to world coordinates. */
export function planeAffine({ position, alongRow, alongColumn, spacing: [y, x] }: Place): Affine {
  const row = (r: 0 | 1 | 2) => [alongColumn[r] * y, alongRow[r] * x, position[r]];
  return [row(0), row(1), row(2)];
}

/** PS3.3, C.8.5.5.1.15: the region's spacing is in centimetres. */
const centimetres = 3;

/** The spacing of an ultrasound picture, `[y, x]` in mm: of its regions in two dimensions, where they agree. */
function ultrasoundSpacing(set: DataSet): [number, number] | null {
  const spacings = set.items("SequenceOfUltrasoundRegions").flatMap((region): [number, number][] => {
    const units = [region.number("PhysicalUnitsYDirection"), region.number("PhysicalUnitsXDirection")];
    if (region.number("RegionSpatialFormat") !== 1 || units.some((unit) => unit !== centimetres)) return [];
    const [y, x] = [region.number("PhysicalDeltaY") ?? 0, region.number("PhysicalDeltaX") ?? 0];
    return [[Math.abs(y) * 10, Math.abs(x) * 10]];
  });
  const [first, ...others] = spacings;
  if (!first?.every(isSpacing)) return null;
  return others.every((one) => one.every((size, axis) => size === first[axis])) ? first : null;
}

/**
 * Millimetres within the patient between pixels of a picture without a place there, `[y, x]`; null where nobody knows.
 * What a detector's pixels measure (ImagerPixelSpacing) is more than the body in front of it: it counts only with the
 * magnification, and PixelSpacing counts only where it is not a copy of it (PS3.3, 10.7).
 */
export function pictureSpacing(set: DataSet): [number, number] | null {
  const ultrasound = ultrasoundSpacing(set);
  if (ultrasound) return ultrasound;
  const body = set.numbers("PixelSpacing");
  const detector = set.numbers("ImagerPixelSpacing");
  const isCopy =
    set.text("PixelSpacingCalibrationType") === undefined &&
    detector !== undefined &&
    body?.every((size, axis) => size === detector[axis]);
  if (body && !isCopy) return positivePair(body, "PixelSpacing", set.file);
  const magnification = set.number("EstimatedRadiographicMagnificationFactor");
  if (!detector || !isSpacing(magnification)) return null;
  const [y, x] = positivePair(detector, "ImagerPixelSpacing", set.file);
  return [y / magnification, x / magnification];
}
