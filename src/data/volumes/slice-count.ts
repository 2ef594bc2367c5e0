/** How many slices a volume has, from its header alone. */
import { DataError } from "../../core/errors.js";
import { sliceOrder } from "../../grid/slices.js";
import type { Case, SliceRule } from "../dataset.js";
import { readHeader } from "../images/read-image.js";

/** Undefined where the header cannot be read: reading the whole volume says why. */
export async function sliceCountOfHeader(one: Case, { plane }: Pick<SliceRule, "plane">): Promise<number | undefined> {
  try {
    const { grid } = await readHeader(one.imagePath);
    return grid.shape.length === 3 ? grid.shape[sliceOrder(grid, plane).axes[0]] : 1;
  } catch (cause) {
    if (cause instanceof DataError) return undefined;
    throw cause;
  }
}
