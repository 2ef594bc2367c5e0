/** From what the domains' masks mean to the classes and label rules of a `dataset.yaml`, or to a question. */
import type { ClassesInput, LabelRuleInput, QuestionInput } from "../../schema.js";
import { type ClassNames, namesFor, type UsedNames } from "./class-names.js";
import { type Coding, hexOf, ruleOf } from "./coding.js";
import { alignNumbers, asClass, combine, type Plan, type ReadDomain, reads } from "./combine.js";
import type { MaskTally } from "./tally.js";
import type { Choice, Reading, Verdict } from "./verdict.js";
import { planText } from "./words.js";

/** A domain with masks, and what they can mean. */
export interface JudgedDomain {
  readonly name: string;
  readonly tally: MaskTally;
  readonly verdict: Verdict;
}

export interface Proposal {
  /** The rules, or the question that decides about them. */
  readonly rules:
    | { readonly classes: ClassesInput; readonly labels: LabelRuleInput }
    | { readonly question: QuestionInput };
  /** The rules of domains that code otherwise, by name. */
  readonly own?: Readonly<Record<string, LabelRuleInput>>;
  /** What was understood and why, in sentences. */
  readonly guesses: readonly string[];
}

/** More choices would not be read. */
const mostChoices = 12;

/** An answer to all questions together. */
interface Combination {
  readonly means: readonly string[];
  readonly domains: readonly ReadDomain[];
}

function isKnown(domain: JudgedDomain): domain is JudgedDomain & { verdict: { kind: "known" } } {
  return domain.verdict.kind === "known";
}

/** The choice of a domain that reads as others are read for certain, if only one does. */
function asOthers(
  domain: JudgedDomain,
  choices: readonly Choice[],
  certain: readonly ReadDomain[],
): Reading | undefined {
  const { name, tally } = domain;
  const fits = choices.filter((reading) => certain.some((one) => reads(one.reading.coding, { name, tally, reading })));
  if (fits.length !== 1) return undefined;
  return {
    ...fits[0],
    because: `domain ${name} is read as the others are, as its own masks would allow another reading`,
  };
}

/** All ways to answer the questions of the domains; those that ask the same are answered together. */
function combinations(domains: readonly JudgedDomain[]): { ask: string; combined: Combination[] } {
  const certain: ReadDomain[] = domains.flatMap((one) =>
    isKnown(one) ? [{ name: one.name, tally: one.tally, reading: one.verdict.reading }] : [],
  );
  const groups = new Map<string, { domain: JudgedDomain; choices: readonly Choice[] }[]>();
  const settled = [...certain];
  for (const domain of domains) {
    const { name, tally, verdict } = domain;
    if (verdict.kind !== "asked") continue;
    const reading = asOthers(domain, verdict.choices, certain);
    if (reading) settled.push({ name, tally, reading });
    else {
      const key = verdict.choices.map(({ means }) => means).join("\n");
      groups.set(key, [...(groups.get(key) ?? []), { domain, choices: verdict.choices }]);
    }
  }
  let combined: Combination[] = [{ means: [], domains: settled }];
  for (const members of groups.values())
    combined = combined.flatMap(({ means, domains: before }) =>
      members[0].choices.map((choice, i) => ({
        means: [...means, choice.means],
        domains: [
          ...before,
          ...members.map(({ domain: { name, tally }, choices }) => ({ name, tally, reading: choices[i] })),
        ],
      })),
    );
  const order = new Map(domains.map(({ name }, i) => [name, i]));
  const inOrder = (a: ReadDomain, b: ReadDomain) => (order.get(a.name) as number) - (order.get(b.name) as number);
  for (const one of combined) (one.domains as ReadDomain[]).sort(inOrder);
  const asks = [...groups.values()].map((members) => {
    const of = members.map(({ domain }) => domain.name);
    const [{ verdict }] = members.map(({ domain }) => domain);
    return `${of.length === 1 ? "Domain" : "Domains"} ${of.join(", ")}: ${verdict.kind === "asked" ? verdict.ask : ""}`;
  });
  return { ask: asks.join(" "), combined };
}

/** A plan, once for every class that the object of unclear domains can be. */
function variants(plan: Plan, names: readonly string[]): { means: readonly string[]; plan: Plan }[] {
  const { unclear, own } = plan;
  if (unclear.length === 0) return [{ means: [], plan }];
  return Array.from({ length: plan.classes - 1 }, (_, i) => {
    const renumbered = unclear.map((name) => [name, asClass(own.get(name) as Coding, i + 1)] as const);
    return {
      means: [`the object of domain ${unclear.join(", ")} is ${names[i + 1]}`],
      plan: { ...plan, own: new Map([...own, ...renumbered]) },
    };
  });
}

function colourOf(coding: Coding, number: number): { colour?: string } {
  if (coding.kind !== "colours" || number === 0) return {};
  const found = [...coding.map].find(([, one]) => one === number);
  return found ? { colour: hexOf(found[0]) } : {};
}

function rulesOf({ shared }: Plan, names: readonly string[]) {
  return {
    classes: names.map((name, index) => ({ index, name, ...colourOf(shared, index) })),
    labels: ruleOf(shared, names),
  };
}

function ownRules({ own }: Plan, names: readonly string[]): Record<string, LabelRuleInput> | undefined {
  if (own.size === 0) return undefined;
  return Object.fromEntries([...own].map(([name, coding]) => [name, ruleOf(coding, names)]));
}

/** Where no mask tells anything. */
function placeholder(names: ClassNames, guess: string): Proposal {
  const used = namesFor(names, 2, true);
  const map = Object.fromEntries(used.names.map((name, value) => [String(value), name]));
  return {
    rules: { classes: used.names.map((name, index) => ({ index, name })), labels: { kind: "values", map } },
    guesses: [guess, ...used.guesses],
  };
}

/** The plan with the class numbers that a file names beyond those that the sampled masks hold, or says to ignore. */
function byFile(plan: Plan, { ignore }: ClassNames, { names, fromFile }: UsedNames): Plan {
  const { shared, numbered } = plan;
  if (!fromFile || !numbered || shared.kind !== "values") return plan;
  const map = new Map([...shared.map].filter(([value]) => value !== ignore));
  for (let number = 0; number < names.length; number++) if (!map.has(number)) map.set(number, number);
  const left = ignore === undefined ? shared.ignore : [...new Set([...shared.ignore, ignore])];
  return { ...plan, shared: { ...shared, map, ignore: left }, classes: names.length };
}

function unclearText({ unclear }: Plan): string {
  return `Which class is the object of domain ${unclear.join(", ")}, whose masks hold one where others hold several?`;
}

/** Empty masks hold a value that the shared rule has to read as background. */
function withEmpty(plan: Plan, domains: readonly JudgedDomain[]): Plan {
  const own = new Map(plan.own);
  for (const { name, tally, verdict } of domains) {
    if (verdict.kind !== "empty") continue;
    const coding: Coding = { kind: "levels", limits: [128], classes: [0, 1] };
    const reading = { coding, numbered: false, because: "" };
    if (!reads(plan.shared, { name, tally: { ...tally, coloured: plan.shared.kind === "colours" }, reading }))
      own.set(name, coding);
  }
  return { ...plan, own };
}

/**
 * Proposes classes and rules.
 * @param domains those with masks that could be read
 * @param names   class names that a file of the set says
 */
export function proposeLabels(domains: readonly JudgedDomain[], names: ClassNames): Proposal {
  if (domains.length === 0) return placeholder(names, "there are no masks, so the classes are placeholders");
  const { ask, combined } = combinations(domains);
  if (combined[0].domains.length === 0)
    return placeholder(names, "every mask that was looked into is empty, so the classes are placeholders");
  const all = combined.flatMap(({ means, domains: readAs }) => {
    const aligned = alignNumbers(readAs, names.names.length);
    const plan = withEmpty(combine(aligned), domains);
    const used = namesFor(names, plan.classes, plan.numbered);
    return variants(byFile(plan, names, used), used.names).map((one) => ({
      ...one,
      means: [...means, ...one.means],
      readAs,
      used,
    }));
  });
  if (all.length === 1) {
    const [{ plan, used, readAs }] = all;
    const own = ownRules(plan, used.names);
    return {
      rules: rulesOf(plan, used.names),
      ...(own ? { own } : {}),
      guesses: [...planText(plan, readAs, used.names), ...used.guesses],
    };
  }
  const [{ plan, used }] = all;
  const asked = [ask, ...(plan.unclear.length > 0 ? [unclearText(plan)] : [])].filter((one) => one !== "").join(" ");
  const choices = all.slice(0, mostChoices).map(({ means, plan: one, used: { names: named } }) => {
    const domains = ownRules(one, named);
    return { means: means.join("; "), ...rulesOf(one, named), ...(domains ? { domains } : {}) };
  });
  return {
    rules: { question: { ask: asked, choices, answer: null } },
    guesses: [`to be answered in dataset.yaml before anything is trained: ${asked}`, ...used.guesses],
  };
}
