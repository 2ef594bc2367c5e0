/** The outlines of predicted classes over their volume: three planes through the largest object that was found. */
import type { Dataset, SliceRule } from "../../data/dataset.js";
import { shownImage } from "../../data/images/shown-image.js";
import { cutVolume, scaledSlice, shownScale } from "../../data/volumes/prepare-volume.js";
import { doubtFrameSvg } from "../../drawing/doubt-frame.js";
import { outlineSvg } from "../../drawing/outline-svg.js";
import { svgToPng } from "../../drawing/svg.js";
import { wordsSvg } from "../../drawing/words-svg.js";
import { focusOn, middle } from "../../grid/focus.js";
import { voxelCount } from "../../grid/grid.js";
import { threePlaneSheet } from "../../grid/sheet.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { foreground, outermostFirst } from "../label-map.js";
import { png } from "../write/encode-prediction.js";
import { sheetOutlines } from "./sheet-outlines.js";
import { sheetPicture } from "./sheet-picture.js";

/** The volume's longest side in the picture, and a line width of 1, in pixels. */
const side = 360;
const unit = 0.8;

/**
 * A PNG of three planes with the outlines of all judged classes in their colours, inner ones over outer ones.
 * @param stored as its file has it
 * @param labels class numbers `stored.grid.shape` (softmax) or 0/1 planes `[K, ...stored.grid.shape]` (sigmoid)
 * @param doubtful whether a frame says that the outlines are in doubt
 */
export async function volumeOverlay(
  stored: StoredImage,
  labels: Uint8Array,
  dataset: Dataset & { readonly slices: SliceRule },
  doubtful = false,
): Promise<Uint8Array> {
  const { image } = cutVolume(stored, dataset.slices);
  const { grid } = image;
  const found = foreground(labels, dataset, voxelCount(grid));
  const sheet = threePlaneSheet(grid, focusOn(found, grid.shape) ?? middle, side);
  const { width, height, words } = sheet;
  const seen = shownImage(scaledSlice(image, shownScale(image, dataset)), dataset);
  const { data, channels } = await sheetPicture(seen, sheet);
  const picture = Buffer.concat(await png(data, sheet, channels)).toString("base64");
  const outlines = sheetOutlines(labels, grid, sheet, dataset);
  const drawn = outermostFirst(dataset.parts).map((part) => {
    const number = dataset.parts.indexOf(part);
    return outlineSvg(outlines[number].path, { kind: "prediction", part: number, colour: part.colour, unit });
  });
  return svgToPng(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
      `<image width="${width}" height="${height}" href="data:image/png;base64,${picture}"/>` +
      `${drawn.join("")}${wordsSvg(words)}${doubtful ? doubtFrameSvg(sheet) : ""}</svg>`,
  );
}
