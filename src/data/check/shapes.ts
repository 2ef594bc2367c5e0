/** Images whose shape is another one in the frame that networks of pictures work at. */
import { counted } from "../../core/counted.js";
import { frameText } from "../../grid/frame.js";
import { type Grid, makeGrid, shapeText } from "../../grid/grid.js";
import { caseName, type Dataset } from "../dataset.js";
import type { CaseFacts } from "./examine.js";
import { type Problem, warning } from "./problems.js";

/** A larger change of the ratio of height and width is told. */
const most = 1.1;

/** The grid of a picture, or of a volume's slices, as far as it decoded. */
function gridOf({ shape, volume }: CaseFacts, { spacing }: Dataset): Grid | undefined {
  return volume?.cut ?? (shape && makeGrid("gridOf", shape, spacing));
}

/** How many times as oblong, or less so, an image becomes, at least 1. */
function change({ shape, spacing }: Grid, { size }: Dataset): number {
  const [height, width] = shape.slice(-2).map((side, axis) => side * (spacing?.slice(-2)[axis] ?? 1));
  const ratio = height / width / (size.height / size.width);
  return Math.max(ratio, 1 / ratio);
}

/** Tells where stretching makes other shapes of what images show. */
export function stretchedShapes(dataset: Dataset, facts: readonly CaseFacts[]): Problem[] {
  const { size, path } = dataset;
  if (size.mode !== "stretch") return [];
  const found = facts.flatMap((one) => {
    const grid = gridOf(one, dataset);
    return grid ? [{ one, grid, times: change(grid, dataset) }] : [];
  });
  const changed = found.filter(({ times }) => times > most);
  if (changed.length === 0) return [];
  const worst = changed.reduce((so, one) => (one.times > so.times ? one : so));
  const images = `${changed.length} of ${counted(found.length, "image")}`;
  return [
    warning(
      `${images} ${changed.length === 1 ? "is" : "are"} squeezed by more than 10 % to ${frameText(size)}, most ` +
        `${caseName(worst.one.case)} of ${shapeText(worst.grid)} (${worst.times.toFixed(2)} times); ` +
        `mode: pad under resize in ${path} keeps their shape, with black beside them`,
    ),
  ];
}
