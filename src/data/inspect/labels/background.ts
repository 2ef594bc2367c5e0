/** Which of several values is the background: objects rarely reach the edges of an image, and usually 0 stands for none. */
import { areaShare, edgeShare, type MaskTally } from "./tally.js";

/** The background with its share of the masks' edges, or those that it may be. */
export type Background =
  | { readonly value: number; readonly edge: number }
  | { readonly candidates: readonly number[]; readonly edge: number; readonly area: number };

/** What shares of edges and pixels tell enough for the value that usually is the background; the first that holds. */
const enoughForUsual: readonly (readonly [edge: number, area: number])[] = [
  [0.9, 0.1],
  [0.65, 0.4],
  [0.6, 0.55],
  [0.4, 0.75],
];
/** The same for any other value, such as the white around black organs. */
const enoughForOther: readonly (readonly [edge: number, area: number])[] = [
  [0.95, 0.3],
  [0.8, 0.7],
];

/**
 * Finds the background among values or levels.
 * @param values at least two, ascending; the first usually is the background
 * @param nearest which of them a value of the tally counts as
 */
export function backgroundOf(
  tally: MaskTally,
  values: readonly number[],
  nearest: (value: number) => number | undefined = (value) => value,
): Background {
  const shares = values.map((value) => ({
    value,
    edge: edgeShare(tally, (one) => nearest(one) === value),
    area: areaShare(tally, (one) => nearest(one) === value),
  }));
  const [usual] = shares;
  const outermost = shares.reduce((best, one) => (one.edge > best.edge ? one : best));
  // Several classes are numbered or shaded upwards; that the usual value surrounds them is enough.
  if (values.length > 2 && outermost === usual) return { value: usual.value, edge: usual.edge };
  const enough = outermost === usual ? enoughForUsual : enoughForOther;
  if (enough.some(([edge, area]) => outermost.edge >= edge && outermost.area >= area))
    return { value: outermost.value, edge: outermost.edge };
  // In label maps that are numbered as software numbers them, 0 is no class.
  if (usual.value === 0 && values[1] === 1) return { value: usual.value, edge: usual.edge };
  const others = outermost === usual ? shares.slice(1).sort((a, b) => b.edge - a.edge)[0] : outermost;
  return { candidates: [usual.value, others.value], edge: usual.edge, area: usual.area };
}
