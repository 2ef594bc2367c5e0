/** Images whose shape is another one in the frame that networks of pictures work at. */
import { type Grid, makeGrid } from "../../grid/grid.js";
import type { Dataset } from "../dataset.js";
import { squeezedText } from "../squeezed-text.js";
import type { CaseFacts } from "./examine.js";
import { type Problem, warning } from "./problems.js";

/** The grid of a picture, or of a volume's slices, as far as it decoded. */
function gridOf({ shape, volume }: CaseFacts, { spacing }: Dataset): Grid | undefined {
  return volume?.cut ?? (shape && makeGrid("gridOf", shape, spacing));
}

/** Tells where stretching makes other shapes of what images show. */
export function stretchedShapes(dataset: Dataset, facts: readonly CaseFacts[]): Problem[] {
  const images = facts.flatMap((found) => {
    const grid = gridOf(found, dataset);
    return grid ? [{ one: found.case, grid }] : [];
  });
  const text = squeezedText(images, dataset.size, dataset);
  return text === null ? [] : [warning(text)];
}
