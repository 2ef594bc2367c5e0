/** Regions that several numbers of the masks make up, as nnU-Net's `"whole": [1, 2]` and `"core": 2`: classes that overlap. */
import type { ClassesInput, LabelRuleInput } from "../../schema.js";
import type { ClassNames } from "./class-names.js";

/** What regions are in a `dataset.yaml`. */
export interface RegionRules {
  readonly target: "sigmoid";
  readonly classes: ClassesInput;
  readonly labels: LabelRuleInput;
}

/**
 * The rules for regions that a file of the set names; undefined where it names none, or masks hold other numbers.
 * @param seen    values of the masks that were looked into
 * @param guesses receives what was understood
 */
export function regionRules(
  { regions, ignore, source }: ClassNames,
  seen: readonly number[],
  guesses: string[],
): RegionRules | undefined {
  if (!regions) return undefined;
  const names = [...regions.keys()];
  const values = [...new Set([0, ...[...regions.values()].flat()])].sort((a, b) => a - b);
  const other = seen.find((value) => !values.includes(value) && value !== ignore);
  if (other !== undefined) {
    guesses.push(
      `warning: ${source} names the regions ${names.join(", ")}, but masks hold ${other}, which none of them has; so they are ` +
        "not used, and each number stands for a class",
    );
    return undefined;
  }
  const regionsOf = (value: number) => names.filter((name) => regions.get(name)?.includes(value));
  const map = Object.fromEntries(values.map((value) => [value, value === 0 ? "background" : regionsOf(value)]));
  const text = names.map((name) => `${name} is ${regions.get(name)?.join(", ")}`).join("; ");
  guesses.push(`${source} names regions, which are classes that may overlap (target: sigmoid): ${text}`);
  return {
    target: "sigmoid",
    classes: names.map((name, index) => ({ index, name })),
    labels: { kind: "values", map, ...(ignore === undefined ? {} : { ignore }) },
  };
}
