/** From groups of images to the domains of a `dataset.yaml`, each with its training and test cases. */
import { compareBytes, withoutEnding } from "../../file-patterns.js";
import type { SubjectRuleInput } from "../../schema.js";
import { type SplitName, splitOfWords } from "../words.js";
import { listedIn } from "./case-lists.js";
import type { DividedGroup } from "./divided-group.js";
import { listedCases } from "./listed-cases.js";
import type { PatientFolders } from "./patient-folders.js";
import { casesOf, type DomainInput, type SplitInput } from "./split-input.js";
import { type DomainIds, guessSubjects, type SubjectGuess, subjectOf } from "./subject-guess.js";

/** Every how many-th case becomes a test case where nothing divides them. */
const testEvery = 5;

/** One description for several: patterns where there is one, else the files one by one. */
function join(sources: readonly SplitInput[], root: string): SplitInput | undefined {
  if (sources.length < 2) return sources[0];
  const idOf = (_: unknown, image: string) => withoutEnding(image).replaceAll("/", "_");
  return { cases: sources.flatMap((source) => listedCases(source, root, idOf)) };
}

interface Sorted {
  readonly train: SplitInput[];
  readonly test: SplitInput[];
  readonly validation: SplitInput[];
  readonly undivided: SplitInput[];
}

/** The cases of a description whose ids are wanted. */
function onlyIds(source: SplitInput, ids: readonly string[]): SplitInput {
  if (!source.cases) return { ...source, ids: [...ids] };
  const wanted = new Set(ids);
  return { cases: source.cases.filter(({ id }) => wanted.has(id as string)) };
}

/** Cases whose ids all begin with the name of a split, as train_1 and testA_1; nothing where they do not. */
function dividedByIds(source: SplitInput, root: string): { split: SplitName; ids: [string, ...string[]] }[] {
  const bySplit = new Map<SplitName, [string, ...string[]]>();
  for (const { id } of casesOf(source, root)) {
    const word = /^(train|training|test|val|valid|validation)[A-Z]?[_-]/.exec(id)?.[1];
    if (word === undefined) return [];
    const split = splitOfWords([word]) as SplitName;
    const ids = bySplit.get(split);
    if (ids) ids.push(id);
    else bySplit.set(split, [id]);
  }
  return bySplit.size > 1 ? [...bySplit].map(([split, ids]) => ({ split, ids })) : [];
}

function sortGroups(
  groups: readonly DividedGroup[],
  helpers: ReadonlySet<string>,
  root: string,
  guesses: string[],
): Sorted {
  const sorted: Sorted = { train: [], test: [], validation: [], undivided: [] };
  for (const group of groups) {
    const { source } = group;
    if (group.split !== "none") {
      sorted[group.split].push(source);
      continue;
    }
    const lists = source.cases ? [] : listedIn(group, helpers, root, guesses);
    for (const one of lists) sorted[one.split].push(one.source);
    const named = lists.length === 0 ? dividedByIds(source, root) : [];
    for (const { split, ids } of named) sorted[split].push(onlyIds(source, ids));
    if (lists.length + named.length === 0) sorted.undivided.push(source);
  }
  return sorted;
}

/** A domain before cases that nothing divides are divided. */
interface Undivided {
  readonly name: string;
  readonly whole?: SplitInput;
  readonly train?: SplitInput | undefined;
  readonly test?: SplitInput | undefined;
  /** Whether cases that are listed one by one came with ids of their own. */
  readonly hasIds: boolean;
}

function gather(
  name: string,
  groups: readonly DividedGroup[],
  root: string,
  helpers: ReadonlySet<string>,
  guesses: string[],
): Undivided {
  const sorted = sortGroups(groups, helpers, root, guesses);
  const { validation, undivided } = sorted;
  const hasIds = groups.every(({ source }) => source.cases !== undefined);
  if (validation.length > 0 && sorted.test.length === 0) {
    guesses.push(`domain ${name}: the cases for validation are taken as test, as there are no others`);
    sorted.test.push(...validation);
  } else if (validation.length > 0)
    guesses.push(`domain ${name}: the cases for validation are left out; dimseg validates on labelled training cases`);
  if (sorted.test.length === 0 && sorted.train.length === 0 && undivided.length > 0)
    return { name, hasIds, whole: join(undivided, root) as SplitInput };
  return { name, hasIds, train: join([...sorted.train, ...undivided], root), test: join(sorted.test, root) };
}

/** So many domains of one image each are hardly meant. */
const fewestSingles = 3;

function casesIn({ whole, train, test }: Undivided, root: string): number {
  return [whole, train, test].reduce((sum, one) => sum + (one ? casesOf(one, root).length : 0), 0);
}

/** The ids of a domain; of files that were put into one list none, as their ids hold folders. */
function idsOf({ name, whole, train, test, hasIds }: Undivided, root: string): DomainIds {
  const ids = (source: SplitInput | undefined) =>
    source && (hasIds || !source.cases) ? casesOf(source, root).map((one) => one.id) : [];
  return { name, train: ids(whole ?? train), test: ids(test) };
}

/** Every fifth of the subjects; of fewer than five the last, if enough cases remain. */
function testSubjects(subjects: readonly string[], cases: number): string[] {
  if (subjects.length < testEvery) return cases >= testEvery && subjects.length > 1 ? subjects.slice(-1) : [];
  return subjects.filter((_, i) => i % testEvery === testEvery - 1);
}

/** Divides cases that nothing divides: every fifth subject with a mask is for testing. */
function divide(
  source: SplitInput,
  root: string,
  subjectOf: (id: string) => string,
): { train: SplitInput; test: SplitInput } | undefined {
  const cases = casesOf(source, root);
  const masked = cases.filter((one) => one.maskPath !== undefined);
  const subjects = [...new Set(masked.map((one) => subjectOf(one.id)))];
  const test = new Set(testSubjects(subjects, masked.length));
  if (test.size === 0) return undefined;
  const isTest = (id: string) => test.has(subjectOf(id));
  const ids = cases.map((one) => one.id);
  return {
    train: onlyIds(
      source,
      ids.filter((id) => !isTest(id)),
    ),
    test: onlyIds(source, ids.filter(isTest)),
  };
}

/** What was proposed for a data set. */
export interface ProposedDomains {
  readonly domains: DomainInput[];
  /** What was decided on the way, in sentences. */
  readonly guesses: readonly string[];
  /** The rule for subjects of all domains, where their ids tell one. */
  readonly subject?: SubjectRuleInput;
}

/** What is known of subjects before ids are looked at. */
export interface KnownSubjects {
  /** The rule of a known layout, where every id is one of its kind. */
  readonly ofLayout?: SubjectRuleInput | undefined;
  readonly patients?: PatientFolders["patients"];
}

/** Rules for subjects: those of patients' folders, and guesses for the other domains. */
function subjectsOf(gathered: readonly Undivided[], root: string, { ofLayout, patients }: KnownSubjects): SubjectGuess {
  if (!patients)
    return guessSubjects(
      gathered.map((one) => idsOf(one, root)),
      ofLayout,
    );
  const others = gathered.filter(({ name }) => !patients.domains.has(name));
  if (others.length === 0) return { usual: patients.rule, byDomain: new Map(), guesses: [] };
  const { usual, byDomain, guesses } = guessSubjects(
    others.map((one) => idsOf(one, root)),
    ofLayout,
  );
  const own = [...patients.domains].map((name) => [name, patients.rule] as const);
  const rest = usual ? others.map(({ name }) => [name, usual] as const) : [...byDomain];
  return { byDomain: new Map([...own, ...rest]), guesses };
}

/** The domains in byte order of their names. */
export function proposeDomains(
  groups: readonly DividedGroup[],
  root: string,
  helpers: ReadonlySet<string>,
  known: KnownSubjects = {},
): ProposedDomains {
  const guesses: string[] = [];
  const names = [...new Set(groups.map((group) => group.domain))].sort(compareBytes);
  const gathered = names.map((name) => {
    const own = groups.filter((group) => group.domain === name);
    return gather(name, own, root, helpers, guesses);
  });
  const { usual, byDomain, guesses: told } = subjectsOf(gathered, root, known);
  if (gathered.length >= fewestSingles && gathered.every((one) => casesIn(one, root) === 1))
    guesses.push(
      `warning: each of the ${gathered.length} domains has a single image, as folders of patients have; if they are cases of one ` +
        "domain, put {id} for the folder into its images, or list them under its cases, in dataset.yaml",
    );
  const divided = { bySubject: [] as string[], byCase: [] as string[] };
  const domains = gathered.map(({ name, whole, train, test }): DomainInput => {
    const own = byDomain.get(name);
    const named = { name, ...(own ? { subject: own } : {}) };
    if (!whole) return withReaders({ ...named, ...(train ? { train } : {}), ...(test ? { test } : {}) });
    const rule = own ?? usual;
    const parts = divide(whole, root, (id) => (rule ? (subjectOf(rule, id) ?? id) : id));
    if (!parts) return withReaders({ ...named, train: whole });
    (rule ? divided.bySubject : divided.byCase).push(name);
    return withReaders({ ...named, ...parts });
  });
  guesses.push(...told, ...dividedText(divided));
  return { domains, guesses, ...(usual ? { subject: usual } : {}) };
}

/** The rule for several readers, written down where there are any, so that it can be changed. */
function withReaders(domain: DomainInput): DomainInput {
  const { train, test, ...named } = domain;
  const several = [train, test].some((split) =>
    [split, ...(split?.cases ?? [])].some((one) => one?.otherReaders !== undefined),
  );
  if (!several) return domain;
  return { ...named, readers: "first", ...(train ? { train } : {}), ...(test ? { test } : {}) };
}

function dividedText({ bySubject, byCase }: Record<"bySubject" | "byCase", readonly string[]>): string[] {
  const text = (names: readonly string[], rest: string) =>
    names.length === 0
      ? []
      : [
          `${names.length === 1 ? "domain" : "domains"} ${names.join(", ")}: nothing divides training from test, so ${rest}`,
        ];
  return [
    ...text(
      byCase,
      "every fifth case with a mask became a test case; if a patient has several images, move the ids so that each " +
        "patient is on one side, and say which they are with subject",
    ),
    ...text(bySubject, "every fifth subject with a mask, or else the last, became a test subject with all its cases"),
  ];
}
