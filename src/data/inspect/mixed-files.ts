/**
 * Sets of which some domains have a file for every class and others whole masks: the classes are those that the files
 * name, and every domain with whole masks has a rule of its own that says them.
 */
import type { ClassesInput, LabelRuleInput, QuestionInput } from "../schema.js";
import type { ClassFileRules } from "./class-files.js";
import type { Proposal } from "./labels/propose.js";
import { renamedRule } from "./labels/renamed-rule.js";

/** More choices would not be read. */
const mostChoices = 12;

/** Which class each part of the whole masks is. */
type Assignment = ReadonlyMap<string, string>;

/** Every way to give each of the fewer ones one of the more, each to one alone; beginning with that of their order. */
function pairings(fewer: readonly string[], more: readonly string[]): (readonly [string, string])[][] {
  const [first, ...rest] = fewer;
  if (first === undefined) return [[]];
  return more.flatMap((one) =>
    pairings(
      rest,
      more.filter((other) => other !== one),
    ).map((others) => [[first, one] as const, ...others]),
  );
}

function assignments(parts: readonly string[], names: readonly string[]): Assignment[] {
  const byName = new Map(names.map((name) => [name.toLowerCase(), name]));
  if (parts.every((part) => byName.has(part.toLowerCase())))
    return [new Map(parts.map((part) => [part, byName.get(part.toLowerCase()) as string]))];
  const own = (part: string) => (names.includes(part) ? `${part} (whole)` : part);
  return (
    parts.length <= names.length
      ? pairings(parts, names)
      : pairings(names, parts).map((pairs) => pairs.map(([name, part]) => [part, name] as const))
  ).map((pairs) => new Map([...parts.map((part) => [part, own(part)] as const), ...pairs]));
}

function sentence(names: Assignment): string {
  return [...names]
    .map(([part, name]) => (part === name ? `${part} is a class of its own` : `${part} is ${name}`))
    .join(", ");
}

/** Rules for all domains. */
export interface MixedRules {
  readonly rules: { readonly target: "sigmoid" } & (
    | { readonly classes: ClassesInput; readonly labels: LabelRuleInput }
    | { readonly question: QuestionInput }
  );
  readonly own: Readonly<Record<string, LabelRuleInput>>;
  readonly guesses: readonly string[];
}

/**
 * Puts both kinds together. Which class of the files an object of the whole masks is, their names say, or that there is
 * one of each; else it is asked.
 * @param byFile  what the files for classes say
 * @param whole   what the whole masks mean by themselves
 * @param domains those with whole masks
 */
export function withWholeMasks(byFile: ClassFileRules, whole: Proposal, domains: readonly string[]): MixedRules {
  const { target, labels } = byFile;
  const names = byFile.classes.map(({ name }) => name);
  const readings =
    "question" in whole.rules
      ? whole.rules.question.choices
      : [{ means: "", classes: whole.rules.classes, ...{ labels: whole.rules.labels, domains: whole.own } }];
  const choices = readings.flatMap((reading) => {
    const parts = reading.classes.slice(1).map(({ name }) => name);
    return assignments(parts, names).map((assignment) => {
      const further = [...assignment.values()].filter((name) => !names.includes(name));
      const rename = (name: string) => assignment.get(name) ?? name;
      const rule = (domain: string) => renamedRule(reading.domains?.[domain] ?? reading.labels, rename);
      return {
        means: [reading.means, sentence(assignment)].filter((text) => text !== "").join("; "),
        classes: [...byFile.classes, ...further.map((name, i) => ({ index: names.length + i, name }))],
        ...{ labels, domains: Object.fromEntries(domains.map((domain) => [domain, rule(domain)])) },
      };
    });
  });
  const list = domains.join(", ");
  const [{ means, classes, domains: own }] = choices;
  if (choices.length === 1) {
    const guess = `masks are whole in ${list}, where others have a file for every class, so these have labels of their own: ${means}`;
    return { rules: { target, classes, labels }, own, guesses: [...whole.guesses, guess] };
  }
  const asked = "question" in whole.rules ? `${whole.rules.question.ask} ` : "";
  const ask = `${asked}The masks of ${list} are whole, while others have a file for every class (${names.join(", ")}): which class is which?`;
  return {
    rules: { target, question: { ask, choices: choices.slice(0, mostChoices), answer: null } },
    own: {},
    guesses: [...whole.guesses, `to be answered in dataset.yaml before anything is trained: ${ask}`],
  };
}
