/**
 * What masks can mean, as it is shown to be corrected: a name for each value or colour, or, where classes are told apart
 * otherwise, for each class.
 */
import { UsageError } from "../../../core/errors.js";
import { type Rename, renamedRule } from "../../../data/inspect/labels/renamed-rule.js";
import type { ClassesInput, DatasetFileInput, LabelRuleInput } from "../../../data/schema.js";
import type { ReadingShown } from "../shown/preparation.js";
import { classValues } from "./class-values.js";

/** The name of what is no class. */
const background = "background";

/** Classes and label rules of a description, or of one answer to its question. */
export interface Reading {
  readonly classes: ClassesInput;
  readonly labels: LabelRuleInput;
  /** Rules of domains that code otherwise. */
  readonly domains?: Readonly<Record<string, LabelRuleInput>> | undefined;
}

type ByValue = Extract<LabelRuleInput, { kind: "values" | "colours" }>;

/** Its rule, where each value stands for one class and classes do not lie in each other. */
function ruleByValue({ classes, labels }: Reading): (ByValue & { map: Readonly<Record<string, string>> }) | undefined {
  if (labels.kind !== "values" && labels.kind !== "colours") return undefined;
  const isPlain = Object.values(labels.map).every((names) => typeof names === "string");
  return isPlain && classes.every(({ inside }) => inside === undefined)
    ? (labels as ByValue & { map: Record<string, string> })
    : undefined;
}

/** What the masks may mean: one reading where they tell, else one for each answer. */
export function readingsOf({ classes, labels, question }: DatasetFileInput): Reading[] {
  if (question) return question.choices;
  return classes && labels ? [{ classes, labels }] : [];
}

/** Rows to be named. @param means the answer in words; null where nothing is asked */
export function shownReading(reading: Reading, means: string | null): ReadingShown {
  const { classes, labels } = reading;
  const byValue = ruleByValue(reading);
  if (byValue)
    return { means, named: "values", rows: Object.entries(byValue.map).map(([mark, name]) => ({ mark, name })) };
  const rows = classes
    .map(({ name }) => name)
    .filter((name) => name !== background)
    .map((name) => ({ mark: classValues(labels, name), name }));
  return { means, named: "classes", rows };
}

/** @throws UsageError for two of one name: they could not be told apart any more */
export function renamer(what: string, before: readonly string[], after: readonly string[]): Rename {
  const names = new Map(before.map((name, i) => [name, after[i].trim()]));
  if (new Set(names.values()).size !== names.size)
    throw new UsageError(`two ${what} have the same name; name them apart`);
  return (name) => names.get(name) ?? name;
}

/** The domains' own rules with the names that the classes have now. */
function ownRules({ domains }: Reading, rename: Rename): Pick<Reading, "domains"> {
  if (!domains) return {};
  const rules = Object.entries(domains).map(([name, rule]) => [name, renamedRule(rule, rename)]);
  return { domains: Object.fromEntries(rules) };
}

/** @throws UsageError for two classes of one name: their pixels could not be told apart any more */
function withClassNames(reading: Reading, names: readonly string[]): { reading: Reading; rename: Rename } {
  const { classes, labels } = reading;
  const before = shownReading(reading, null).rows.map(({ name }) => name);
  const rename = renamer("classes", before, names);
  const renamed = classes.map((one) => ({
    ...one,
    name: rename(one.name),
    ...(one.inside === undefined ? {} : { inside: rename(one.inside) }),
  }));
  return { rename, reading: { classes: renamed, labels: renamedRule(labels, rename), ...ownRules(reading, rename) } };
}

/** @throws UsageError where no value means background, or a domain's own rule names a class that is none or several now */
function withValueNames(
  reading: Reading,
  rule: ByValue & { map: Readonly<Record<string, string>> },
  names: readonly string[],
): { reading: Reading; rename: Rename } {
  const { classes } = reading;
  const values = Object.entries(rule.map).map(([value, was], i) => ({ value, was, is: names[i].trim() }));
  const place = (name: string) => classes.findIndex((one) => one.name === name);
  const used = [...values].sort((a, b) => place(a.was) - place(b.was));
  const parts = [...new Set(used.map(({ is }) => is).filter((name) => name !== background))];
  const hasBackground = classes.some(({ name }) => name === background);
  if (hasBackground && !values.some(({ is }) => is === background))
    throw new UsageError(`no value of the masks means background; name one of them "${background}"`);
  const colourOf = (name: string) => classes[place(used.find(({ is }) => is === name)?.was ?? name)]?.colour;
  const named = [...(hasBackground ? [background] : []), ...parts].map((name, index) => {
    const colour = colourOf(name);
    return { index, name, ...(colour === undefined ? {} : { colour }) };
  });
  const rename: Rename = (name) => {
    const now = new Set(values.filter(({ was }) => was === name).map(({ is }) => is));
    if (now.size === 1 || name === background) return [...now][0] ?? name;
    throw new UsageError(
      `masks of another domain have a rule of their own for ${name}, which is no class any more; give its values one name`,
    );
  };
  const map = Object.fromEntries(values.map(({ value, is }) => [value, is]));
  return { rename, reading: { classes: named, labels: { ...rule, map }, ...ownRules(reading, rename) } };
}

/**
 * A reading with the names that a person gave.
 * @param names of the rows, in the order that they were shown in
 * @returns it, and what becomes of a name elsewhere in the description
 * @throws UsageError for other rows than were shown, and for names that make no classes
 */
export function namedReading(reading: Reading, names: readonly string[]): { reading: Reading; rename: Rename } {
  const { rows } = shownReading(reading, null);
  if (rows.length !== names.length)
    throw new UsageError("the masks were looked at anew meanwhile; look at the folder again");
  const byValue = ruleByValue(reading);
  return byValue ? withValueNames(reading, byValue, names) : withClassNames(reading, names);
}
