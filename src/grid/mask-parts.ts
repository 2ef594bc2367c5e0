/** Which connected parts of a mask stay. */
import { type Connectivity, connectedComponents } from "./components.js";

/**
 * Sets all but the largest component of a mask to 0, in place; of equal ones the first in reading order stays.
 * @param shape of the mask, [H, W] or [D, H, W]
 * @param connectivity what belongs together; corners too unless given
 */
export function keepLargestComponent(mask: Uint8Array, shape: readonly number[], connectivity?: Connectivity): void {
  const { labels, sizes } = connectedComponents(mask, shape, connectivity);
  if (sizes.length < 2) return;
  const largest = sizes.reduce((best, size, i) => (size > sizes[best] ? i : best), 0) + 1;
  for (let i = 0; i < mask.length; i++) mask[i] = labels[i] === largest ? 1 : 0;
}

/**
 * Sets the components of a mask that have fewer pixels than `least` to 0, in place. Arguments as of
 * {@link keepLargestComponent}.
 */
export function dropSmallComponents(
  mask: Uint8Array,
  shape: readonly number[],
  least: number,
  connectivity?: Connectivity,
): void {
  const { labels, sizes } = connectedComponents(mask, shape, connectivity);
  for (let i = 0; i < mask.length; i++) if (labels[i] > 0 && sizes[labels[i] - 1] < least) mask[i] = 0;
}
