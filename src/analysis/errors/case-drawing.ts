/**
 * The outlines of a case's reference and of what a network says, over a picture of the case: a picture as it is, a volume
 * as three planes or as a montage of slices. Of a label map only the outlines stay, about a kilobyte a part.
 */
import type { Dataset } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decode.js";
import { outlinePath, type PicturePlace, type PictureSize } from "../../drawing/outline-path.js";
import { cutBox } from "../../grid/box.js";
import { type Focus, focusOn, middle, slicesThrough } from "../../grid/focus.js";
import { type Area, outOfFrame, placementOf } from "../../grid/frame.js";
import { voxelCount } from "../../grid/grid.js";
import { montageSheet, type Sheet, threePlaneSheet } from "../../grid/sheet.js";
import { sliceOrder } from "../../grid/slices.js";
import { classMask, foreground } from "../../inference/label-map.js";
import { sheetOutlines } from "../../inference/pictures/sheet-outlines.js";

type Classes = Pick<Dataset, "target" | "parts">;

/** A part's outline. */
export interface PartOutline {
  readonly part: string;
  /** `d` of an SVG path in pixels of the case's picture; "" where there is no object. */
  readonly path: string;
}

/** Outlines over one picture. */
export interface CaseDrawing {
  /** Of a picture the stored image's size, at most {@link pictureSide}; of a volume that of its sheet. */
  readonly picture: PictureSize;
  /** How a volume is laid out in it; null for a picture. */
  readonly sheet: Sheet | null;
  /** In the data set's order; null for a case without a mask. */
  readonly reference: readonly PartOutline[] | null;
  readonly outlines: readonly PartOutline[];
}

/** Where a volume is cut for its pictures. */
export interface VolumeView {
  /** In the order of its slices, rows and columns. */
  readonly focus: Focus;
  /** Axial slices of a montage, as shares of the extent along their axis. */
  readonly montage: readonly number[];
}

/** Longer side of pictures of cases, in pixels. */
export const pictureSide = 512;

/** Slices of a montage. */
const mostSlices = 12;

/** The size of a picture's picture: its stored image's, reduced to at most {@link pictureSide}. */
export function pictureSize({ stored: { shape } }: Pick<DecodedCase, "stored">): PictureSize {
  const scale = Math.min(1, pictureSide / Math.max(...shape));
  const [height, width] = shape.map((pixels) => Math.max(1, Math.round(pixels * scale)));
  return { height, width };
}

/**
 * Where a volume is looked at: through the largest object of the reference, of the prediction where the reference holds
 * none; and slices through all that is labelled or predicted.
 * @param labels what the network says, on the working grid
 */
export function volumeView(labels: Uint8Array, { label, working, stored }: DecodedCase, dataset: Classes): VolumeView {
  const { shape } = working;
  const masks = [...(label ? [label] : []), labels].map((map) => foreground(map, dataset, voxelCount(working)));
  const focus = masks.map((mask) => focusOn(mask, shape)).find((found) => found !== null) ?? middle;
  const either = masks.reduce((all, mask) => all.map((value, i) => value | mask[i]));
  return { focus, montage: slicesThrough(either, shape, sliceOrder(stored, "axial").axes[0], mostSlices) };
}

function sheetDrawing(labels: Uint8Array, { label, working }: DecodedCase, dataset: Classes, sheet: Sheet) {
  return {
    ...{ picture: { height: sheet.height, width: sheet.width }, sheet },
    reference: label ? sheetOutlines(label, working, sheet, dataset) : null,
    outlines: sheetOutlines(labels, working, sheet, dataset),
  };
}

/** Three planes of a volume. @param labels on the working grid, as {@link volumeView} */
export function planesDrawing(labels: Uint8Array, decoded: DecodedCase, dataset: Classes, view: VolumeView) {
  return sheetDrawing(labels, decoded, dataset, threePlaneSheet(decoded.stored, view.focus));
}

/** A montage of a volume's axial slices. */
export function montageDrawing(labels: Uint8Array, decoded: DecodedCase, dataset: Classes, view: VolumeView) {
  return sheetDrawing(labels, decoded, dataset, montageSheet(decoded.stored, "axial", view.montage));
}

/** An area of an image on a picture of it. */
function scaledArea(area: Area, [rows, columns]: readonly number[], { height, width }: PictureSize): PicturePlace {
  return {
    ...{ top: (area.top * height) / rows, height: (area.height * height) / rows },
    ...{ left: (area.left * width) / columns, width: (area.width * width) / columns },
  };
}

/**
 * Label maps of a volume whose slices were padded or cropped, on the grid of its slices as stored, which pictures of it
 * show; others as they are.
 */
export function onStoredSlices(labels: Uint8Array, decoded: DecodedCase): [Uint8Array, DecodedCase] {
  const { mode, label, ...rest } = decoded;
  if (!mode) return [labels, decoded];
  const back = (map: Uint8Array) => outOfFrame(map, decoded);
  return [back(labels), { ...rest, working: decoded.stored, ...(label ? { label: back(label) } : {}) }];
}

/** A picture as it is. @param labels on the working grid */
export function pictureDrawing(labels: Uint8Array, decoded: DecodedCase, { parts, target }: Classes): CaseDrawing {
  const { label, working } = decoded;
  const [rows, columns] = working.shape;
  const picture = pictureSize(decoded);
  const { seen, filled } = placementOf(decoded);
  const place = scaledArea(seen, decoded.stored.shape, picture);
  const outlinesOf = (map: Uint8Array) =>
    parts.map(({ index, name }) => {
      const mask = classMask(map, index, target, rows * columns);
      const inside = cutBox(mask, [rows, columns], [filled.top, filled.left], [filled.height, filled.width]);
      return { part: name, path: outlinePath(inside, filled, place) };
    });
  return { picture, sheet: null, reference: label ? outlinesOf(label) : null, outlines: outlinesOf(labels) };
}
