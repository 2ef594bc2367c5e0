/** Holes of a mask: what is not object and is shut off from the border. */
import { type Connectivity, connectedComponents, usualConnectivity } from "./components.js";

/** How what is around an object holds together, where the object does so: no line of the one crosses the other. */
const aroundOf: Readonly<Record<Connectivity, Connectivity>> = { 4: 8, 8: 4, 6: 26, 18: 6, 26: 6 };

/** Calls back with the index of each pixel at the border, some of them twice. */
function atBorder(shape: readonly number[], take: (index: number) => void): void {
  const [depth, height, width] = shape.length === 2 ? [1, ...shape] : shape;
  for (let z = 0; z < depth; z++) {
    const isEnd = shape.length === 3 && (z === 0 || z === depth - 1);
    for (let y = 0; y < height; y++) {
      const line = (z * height + y) * width;
      if (isEnd || y === 0 || y === height - 1) for (let x = 0; x < width; x++) take(line + x);
      take(line);
      take(line + width - 1);
    }
  }
}

/**
 * Where the holes of a mask are, in a volume those that are shut on all sides; with the usual connectivity those that
 * scipy's `binary_fill_holes` fills.
 * @param mask  nonzero is object
 * @param shape of the mask, [H, W] or [D, H, W]
 * @param connectivity of the object; corners too unless given
 * @returns 1 in a hole, 0 elsewhere
 */
export function holesOf(
  mask: Uint8Array,
  shape: readonly number[],
  connectivity: Connectivity = usualConnectivity(shape.length),
): Uint8Array {
  const around = mask.map((value) => (value === 0 ? 1 : 0));
  const { labels, sizes } = connectedComponents(around, shape, aroundOf[connectivity]);
  const isOpen = new Uint8Array(sizes.length + 1);
  isOpen[0] = 1;
  atBorder(shape, (index) => {
    isOpen[labels[index]] = 1;
  });
  for (let i = 0; i < around.length; i++) around[i] = isOpen[labels[i]] ? 0 : 1;
  return around;
}
