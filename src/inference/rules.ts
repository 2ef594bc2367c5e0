/**
 * What is done to a label map after the network: keep the largest part of a class, drop small parts, fill holes, in this
 * order, each for one class after the other in the data set's order. Probabilities stay what the network said.
 */
import { DataError, UsageError } from "../core/errors.js";
import { nearestWord } from "../core/nearest-word.js";
import type { Dataset, DatasetClass } from "../data/dataset.js";
import { type Connectivity, connectivities } from "../grid/components.js";
import { holesOf } from "../grid/fill-holes.js";
import { type Grid, voxelCount } from "../grid/grid.js";
import { dropSmallComponents, keepLargestComponent } from "../grid/mask-parts.js";
import { classMask } from "./label-map.js";

/** Classes by name, or each one but the background. */
export type RuledClasses = readonly string[] | "all";

/** Rules by class; what is left out is not done. */
export interface MaskRules {
  /** Of these only the largest connected part stays. */
  readonly keepLargest?: RuledClasses | undefined;
  /**
   * Connected parts smaller than this are removed: mm³ in volumes, pixels of the stored image in pictures; for every class,
   * or by class.
   */
  readonly minVolume?: number | Readonly<Record<string, number>> | undefined;
  /** Holes in these are filled. A hole keeps what the network found of another class in it. */
  readonly fillHoles?: RuledClasses | undefined;
  /** What is connected: 4 or 8 neighbours in pictures, 6, 18 or 26 in volumes; corners too unless given. */
  readonly connectivity?: Connectivity | undefined;
}

/** What rules have to know of a data set. */
export type RuledSet = Pick<Dataset, "target" | "parts">;

/** The names that rules speak of, but for `all`. */
function namedIn({ keepLargest, minVolume, fillHoles }: MaskRules): string[] {
  const lists = [keepLargest, fillHoles].flatMap((names) => (names === undefined || names === "all" ? [] : names));
  return [...lists, ...(typeof minVolume === "object" ? Object.keys(minVolume) : [])];
}

/**
 * Refuses rules of classes that there are not.
 * @param where the option or file that the rules come from, for the message
 * @throws UsageError naming the class, or a connectivity of another kind of images
 */
export function checkRules(
  rules: MaskRules,
  { parts, slices }: Pick<Dataset, "parts" | "slices">,
  where: string,
): void {
  const names = parts.map(({ name }) => name);
  const unknown = namedIn(rules).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const near = nearestWord(unknown, names);
    throw new UsageError(
      `${where}: "${unknown}" is no class of the run; ${near ? `did you mean ${near}? ` : ""}the classes are ${names.join(", ")}, or all`,
    );
  }
  const { connectivity } = rules;
  const known = connectivities(slices ? 3 : 2);
  if (connectivity !== undefined && !known.includes(connectivity))
    throw new UsageError(
      `${where}: connectivity is ${connectivity}; ${slices ? "volumes" : "pictures"} have ${known.join(", ")} neighbours`,
    );
}

/** The grid that labels lie on. */
export interface RuledGrid {
  readonly grid: Grid;
  /** Of a picture, how many pixels of the stored one each of them is; 1 unless given. */
  readonly pixels?: number;
}

/** How much one value of a grid is: mm³ of a volume, pixels of the stored image of a picture. @throws DataError where unknown */
function sizeOfOne({ grid, pixels = 1 }: RuledGrid, what: string): number {
  if (grid.shape.length === 2) return pixels;
  if (grid.spacing) return grid.spacing.reduce((product, size) => product * size, 1);
  throw new DataError(
    `${what}: nothing says its spacing, so parts cannot be measured in mm3; leave out minVolume, or give it as a file that says`,
  );
}

function isRuled(names: RuledClasses | undefined, { name }: DatasetClass): boolean {
  return names === "all" || (names?.includes(name) ?? false);
}

/** Writes a class's mask back; what left the class belongs to none. */
function putMask(labels: Uint8Array, mask: Uint8Array, index: number, target: Dataset["target"]): void {
  if (target === "sigmoid") {
    labels.set(mask, index * mask.length);
    return;
  }
  for (let i = 0; i < mask.length; i++) {
    if (labels[i] === index) labels[i] = mask[i] === 0 ? 0 : index;
    else if (labels[i] === 0 && mask[i] !== 0) labels[i] = index;
  }
}

/**
 * A label map after the rules.
 * @param labels softmax: class numbers of `grid.shape`; sigmoid: 0/1 planes `[K, ...grid.shape]`; left as they are
 * @param where  the grid of the labels; `minVolume` counts pixels of the stored picture
 * @param what   the image, for messages
 * @throws DataError when volumes are asked for and the volume's spacing is not known
 * @example const ruled = applyRules(labels, { grid }, dataset, { keepLargest: ["organ"] }, file);
 */
export function applyRules(
  labels: Uint8Array,
  where: RuledGrid,
  { target, parts }: RuledSet,
  rules: MaskRules,
  what: string,
): Uint8Array {
  const { shape } = where.grid;
  const { keepLargest, minVolume, fillHoles, connectivity } = rules;
  const ruled = labels.slice();
  const change = (part: DatasetClass, rule: (mask: Uint8Array) => void) => {
    const mask = classMask(ruled, part.index, target, voxelCount({ shape }));
    rule(mask);
    putMask(ruled, mask, part.index, target);
  };
  for (const part of parts)
    if (isRuled(keepLargest, part)) change(part, (mask) => keepLargestComponent(mask, shape, connectivity));
  for (const part of parts) {
    const least = typeof minVolume === "object" ? minVolume[part.name] : minVolume;
    if (least === undefined) continue;
    // Products of spacings are rounded: a part of exactly the least stays.
    const pixels = (least / sizeOfOne(where, what)) * (1 - 1e-9);
    change(part, (mask) => dropSmallComponents(mask, shape, pixels, connectivity));
  }
  for (const part of parts) {
    if (!isRuled(fillHoles, part)) continue;
    change(part, (mask) => {
      const holes = holesOf(mask, shape, connectivity);
      for (let i = 0; i < mask.length; i++) if (holes[i] !== 0) mask[i] = 1;
    });
  }
  return ruled;
}
