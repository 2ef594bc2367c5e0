/**
 * The classes of volumes. Masks of volumes are label maps: files of numbers that no picture format has touched, so every
 * whole number stands for a class, and nothing has to be read out of edges and colours as in pictures.
 */
import { readVolume } from "../../images/read-image.js";
import { mapLimited } from "../../limited.js";
import type { ClassesInput, LabelRuleInput } from "../../schema.js";
import { countValues } from "../../value-counts.js";
import { readable, spread } from "../files/sampling.js";
import { type ClassNames, namesFor } from "../labels/class-names.js";
import { regionRules } from "../labels/regions.js";
import type { Progress } from "../progress.js";
import type { FoundSplit } from "../splits/found-splits.js";

/** Masks that are looked into, of each split. */
const masksRead = 8;
/** More values than this are no classes. */
const mostClasses = 64;

/** The values of the masks of each split that were looked into, and how many voxels hold them. */
export type MaskValues = ReadonlyMap<FoundSplit, ReadonlyMap<number, number>>;

/** Reads some masks of each split. @param guesses receives a sentence for every file that cannot be read */
export async function readMaskValues(
  splits: readonly FoundSplit[],
  guesses: string[],
  progress: Progress,
): Promise<MaskValues> {
  const chosen = splits.map((split) => ({
    split,
    files: spread(
      split.cases.flatMap((one) => one.maskPath ?? []),
      masksRead,
    ),
  }));
  const total = chosen.reduce((sum, { files }) => sum + files.length, 0);
  const values = new Map<FoundSplit, Map<number, number>>();
  let done = 0;
  for (const { split, files } of chosen) {
    const counts = new Map<number, number>();
    await mapLimited(files, 2, async (file) => {
      await readable(guesses, async () => countValues((await readVolume(file)).samples, counts));
      progress("looking into masks", ++done, total);
    });
    values.set(split, counts);
  }
  return values;
}

/** Classes and rules. */
export interface VolumeLabels {
  readonly rules: {
    readonly target?: "sigmoid";
    readonly classes: ClassesInput;
    readonly labels: LabelRuleInput;
  };
  /** The rules of domains that code otherwise, by name. */
  readonly own: Readonly<Record<string, LabelRuleInput>>;
}

function sortedValues(counts: Iterable<ReadonlyMap<number, number>>): number[] {
  return [...new Set([...counts].flatMap((one) => [...one.keys()]))].sort((a, b) => a - b);
}

function classesOf(names: readonly string[]): ClassesInput {
  return names.map((name, index) => ({ index, name }));
}

/** Values that are no class numbers, in a clause; undefined where all are. */
export function noLabels(values: readonly number[]): string | undefined {
  const odd = values.find((value) => !Number.isInteger(value) || value < 0 || value > 65535);
  if (odd !== undefined) return `hold ${odd}, which is no class number`;
  return values.length > mostClasses ? `hold ${values.length} different values, more than classes are` : undefined;
}

const foreground = { classes: classesOf(["background", "foreground"]), map: (value: number) => mapOf([0, value]) };

function mapOf(values: readonly number[], names: readonly string[] = ["background", "foreground"]): LabelRuleInput {
  return { kind: "values", map: Object.fromEntries(values.map((value, i) => [value, names[i]])) };
}

/** One object everywhere, coded by another number in some domains; undefined where it is otherwise. */
function oneObject(byDomain: ReadonlyMap<string, readonly number[]>): VolumeLabels | undefined {
  const objects = new Map<string, number>();
  for (const [domain, values] of byDomain) {
    const found = values.filter((value) => value !== 0);
    if (found.length > 1) return undefined;
    if (found.length === 1) objects.set(domain, found[0]);
  }
  const usual = [...objects.values()].sort((a, b) => a - b)[0];
  if (usual === undefined) return undefined;
  const others = [...objects].filter(([, value]) => value !== usual);
  return {
    rules: { classes: foreground.classes, labels: foreground.map(usual) },
    own: Object.fromEntries(others.map(([domain, value]) => [domain, foreground.map(value)])),
  };
}

/**
 * The classes of a set of volumes.
 * @param names what files beside the volumes say
 * @param guesses receives what was understood and why
 */
export function volumeLabels(found: MaskValues, names: ClassNames, guesses: string[]): VolumeLabels {
  const byDomain = new Map<string, number[]>();
  for (const domain of new Set([...found.keys()].map((split) => split.domain))) {
    const own = [...found].flatMap(([split, counts]) => (split.domain === domain ? [counts] : []));
    byDomain.set(domain, sortedValues(own));
  }
  for (const [domain, values] of byDomain) {
    const why = noLabels(values);
    if (why !== undefined) guesses.push(`warning: masks of ${domain} ${why}; correct labels, or the masks`);
  }
  const seen = sortedValues(found.values()).filter((value) => noLabels([value]) === undefined);
  const regions = regionRules(names, seen, guesses);
  if (regions) return { rules: regions, own: {} };
  const single = names.names.length === 0 ? oneObject(byDomain) : undefined;
  if (single) {
    guesses.push(oneObjectText(single));
    return single;
  }
  const labelled = seen.filter((value) => value !== names.ignore);
  const numbered = seen.every((value) => value < Math.max(names.names.length, 1) || value === names.ignore);
  const values = numbered ? names.names.map((_, i) => i) : labelled.slice(0, mostClasses);
  // Masks without any object, or none at all, say no more than that there is a background.
  const objects = values.filter((value) => value !== 0);
  const all = [0, ...(objects.length > 0 ? objects : [1])];
  const used = namesFor({ ...names, ...(numbered ? {} : { ignore: undefined }) } as ClassNames, all.length, numbered);
  if (seen.length > 0)
    guesses.push(`masks hold ${seen.join(", ")}: each number stands for a class, 0 for the background`);
  guesses.push(...used.guesses);
  const ignored = names.ignore !== undefined && numbered ? { ignore: names.ignore } : {};
  return {
    rules: { classes: classesOf(used.names), labels: { ...mapOf(all, used.names), ...ignored } as LabelRuleInput },
    own: {},
  };
}

function oneObjectText({ rules, own }: VolumeLabels): string {
  const numberOf = (rule: LabelRuleInput) =>
    rule.kind === "values" ? Object.keys(rule.map).find((value) => value !== "0") : undefined;
  const others = Object.entries(own).map(([domain, rule]) => `${numberOf(rule)} in ${domain}`);
  return `masks hold one object: ${[numberOf(rules.labels), ...others].join(", ")}; 0 is the background`;
}
