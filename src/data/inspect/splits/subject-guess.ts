/**
 * Which ids look as if they named a patient and one of the patient's images, as `patient01_slice3` or `00_05` do. A rule
 * is proposed only where ids share what would be the patient; `img_001` and `img_002` share no more than a word.
 */
import { groupBy } from "../../../core/group-by.js";
import type { SubjectRuleInput } from "../../schema.js";

/** The ids of a domain as they lie in training and test; all in training where nothing divides them yet. */
export interface DomainIds {
  readonly name: string;
  readonly train: readonly string[];
  readonly test: readonly string[];
}

export interface SubjectGuess {
  /** For all domains. */
  readonly usual?: SubjectRuleInput;
  /** For single domains, by name. */
  readonly byDomain: ReadonlyMap<string, SubjectRuleInput>;
  readonly guesses: readonly string[];
}

/** What the number of an image within its volume is called. */
const sliceWord = /^(.+?)([_ -](?:slice|frame|sl|z)|(?<=\d)(?:slice|frame|sl|z))[_ -]?\d+(?:\D|$)/i;
/** Up to the first separator after the first number. */
const numberedPrefix = /^(\D*\d[^_ -]*)([_ -])./;
/** Years and dates number no patients. */
const date = /^(?:19|20)\d\d(?:[01]\d[0-3]\d)?$/;
/** More parts of an id would need a slower pattern than a dataset.yaml may have. */
const mostParts = 4;

/** A rule under which the subject is a part of this id. */
function ruleOf(id: string): SubjectRuleInput | undefined {
  const sliced = sliceWord.exec(id);
  if (sliced) return id.indexOf(sliced[2]) === sliced[1].length ? { before: sliced[2] } : undefined;
  const numbered = numberedPrefix.exec(id);
  if (!numbered || date.test(numbered[1])) return undefined;
  const [, prefix, separator] = numbered;
  const parts = prefix.split(separator).map(() => `[^${separator}]*`);
  if (parts.length === 1) return { before: separator };
  return parts.length > mostParts ? undefined : { pattern: `^(${parts.join(separator)})${separator}` };
}

/** The subject that a proposed rule gives an id; undefined where its pattern does not match. */
export function subjectOf({ before, pattern }: SubjectRuleInput, id: string): string | undefined {
  return before === undefined ? new RegExp(pattern as string, "u").exec(id)?.[1] : id.split(before, 1)[0];
}

/** The rule without where its names are unique. */
function kindOf({ before, pattern }: SubjectRuleInput): string {
  return JSON.stringify({ before, pattern });
}

/** The one rule of most ids, if the others have nothing to be divided by. */
function sharedRule(ids: readonly string[]): SubjectRuleInput | undefined {
  const rules = ids.flatMap((id) => ruleOf(id) ?? []);
  const [rule] = rules;
  if (2 * rules.length < ids.length || new Set(rules.map(kindOf)).size !== 1) return undefined;
  return ids.every((id) => subjectOf(rule, id)) ? rule : undefined;
}

/** What a domain's ids say. */
interface Verdict {
  readonly ids: DomainIds;
  /** Missing where ids hold nothing like a patient, or where nearly every id has a patient of its own. */
  readonly rule?: SubjectRuleInput;
  /** All ids begin alike, which may be the patient or as well the name of the series. */
  readonly single?: boolean;
}

function verdictOf(ids: DomainIds): Verdict {
  const all = [...new Set([...ids.train, ...ids.test])];
  const rule = sharedRule(all);
  if (!rule) return { ids };
  const groups = [...groupBy(all, (id) => subjectOf(rule, id)).values()];
  if (groups.length === 1) return { ids, rule, single: true };
  const shared = groups.filter((group) => group.length > 1).length;
  if (4 * shared < groups.length) return { ids };
  // Where an id stands in both, numbering begins anew and a name says nothing about the other split.
  const training = new Set(ids.train);
  return { ids, rule: ids.test.some((id) => training.has(id)) ? { ...rule, within: "split" } : rule };
}

/** How a rule reads in a sentence. */
function ruleText({ before, pattern, within }: SubjectRuleInput): string {
  const what = before === undefined ? `what ${pattern} finds in the id` : `the id up to the first "${before}"`;
  const anew = "; ids begin anew in test, so whether a patient of test is one of training cannot be told from them";
  return `${what}${within === "split" ? anew : ""}`;
}

/** What was guessed, by an example, and what to do where it is wrong. */
function guessText(rule: SubjectRuleInput, { train, test }: DomainIds): string {
  const id = [...train, ...test].find((one) => subjectOf(rule, one) !== one) as string;
  return `a subject (patient) is ${ruleText(rule)}: ${id} is of ${subjectOf(rule, id)}; remove subject if the images are independent`;
}

/**
 * Proposes rules for subjects from the ids of all domains: one for all where no domain contradicts it.
 * @param known the rule of a known layout, taken where every id is one of its kind
 */
export function guessSubjects(domains: readonly DomainIds[], known?: SubjectRuleInput): SubjectGuess {
  const verdicts = domains.map(verdictOf);
  const agrees = (rule: SubjectRuleInput) => verdicts.every((one) => one.rule && kindOf(one.rule) === kindOf(rule));
  if (known && agrees(known)) return usualGuess(known, domains[0]);
  const found = verdicts.flatMap(({ ids, rule, single }) => (rule && !single ? [{ ids, rule }] : []));
  if (found.length === 0) return { byDomain: new Map(), guesses: [] };
  const [{ ids, rule }] = found;
  // Where numbers begin anew in one domain, they are not to be trusted in the others.
  if (agrees(rule)) return usualGuess(found.find((one) => one.rule.within === "split")?.rule ?? rule, ids);
  return {
    byDomain: new Map(found.map((one) => [one.ids.name, one.rule])),
    guesses: found.map((one) => `domain ${one.ids.name}: ${guessText(one.rule, one.ids)}`),
  };
}

function usualGuess(usual: SubjectRuleInput, ids: DomainIds): SubjectGuess {
  return { usual, byDomain: new Map(), guesses: [guessText(usual, ids)] };
}
