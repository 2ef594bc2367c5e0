/** From groups of images to the domains of a `dataset.yaml`, each with its training and test cases. */
import { posix, relative, sep } from "node:path";
import { type Case, expandSplit } from "../case-files.js";
import { compareBytes } from "../file-patterns.js";
import type { DatasetFileInput } from "../schema.js";
import type { ImageGroup } from "./grouping.js";

export type DomainInput = DatasetFileInput["domains"][number];
type SplitInput = NonNullable<DomainInput["train"]>;

/** Every how many-th case becomes a test case where nothing divides them. */
const testEvery = 5;

function patterns(group: ImageGroup): SplitInput {
  return { images: group.images, ...(group.masks === undefined ? {} : { masks: group.masks }) };
}

/** The cases that a description stands for. */
export function casesOf(source: SplitInput, root: string, domain = "", split: "train" | "test" = "train"): Case[] {
  return expandSplit(source, { root, domain, domainIndex: 0, split });
}

/** One description for several: patterns where there is one, else the files one by one. */
function join(sources: readonly SplitInput[], root: string): SplitInput | undefined {
  if (sources.length < 2) return sources[0];
  const path = (file: string) => relative(root, file).split(sep).join("/");
  const cases = sources
    .flatMap((source) => casesOf(source, root))
    .map(({ imagePath, maskPath }) => {
      const image = path(imagePath);
      const id = image.slice(0, image.length - posix.extname(image).length).replaceAll("/", "_");
      return { id, image, ...(maskPath === undefined ? {} : { mask: path(maskPath) }) };
    });
  return { cases };
}

interface Sorted {
  readonly train: SplitInput[];
  readonly test: SplitInput[];
  readonly validation: SplitInput[];
  readonly undivided: SplitInput[];
}

function sortGroups(groups: readonly ImageGroup[], helpers: ReadonlySet<string>): Sorted {
  const sorted: Sorted = { train: [], test: [], validation: [], undivided: [] };
  for (const group of groups) {
    const source = patterns(group);
    if (group.split !== "none") {
      sorted[group.split].push(source);
      continue;
    }
    const lists = (["train", "test"] as const).flatMap((split) => {
      const list = posix.join(group.place, `${split}.txt`);
      return helpers.has(list) ? [{ split, list }] : [];
    });
    for (const { split, list } of lists) sorted[split].push({ ...source, list });
    if (lists.length === 0) sorted.undivided.push(source);
  }
  return sorted;
}

/** Divides cases that nothing divides: every fifth case with a mask is for testing. */
function divide(source: SplitInput, root: string): { train: SplitInput; test: SplitInput } | undefined {
  const cases = casesOf(source, root);
  const masked = cases.filter((one) => one.maskPath !== undefined);
  const test = new Set(masked.filter((_, i) => i % testEvery === testEvery - 1).map((one) => one.id));
  if (test.size === 0) return undefined;
  if (source.cases) {
    const all = source.cases;
    const isTest = (one: (typeof all)[number]) => one.id !== undefined && test.has(one.id);
    return { train: { cases: all.filter((one) => !isTest(one)) }, test: { cases: all.filter(isTest) } };
  }
  const ids = cases.map((one) => one.id);
  return {
    train: { ...source, ids: ids.filter((id) => !test.has(id)) },
    test: { ...source, ids: ids.filter((id) => test.has(id)) },
  };
}

function domainInput(
  name: string,
  groups: readonly ImageGroup[],
  root: string,
  helpers: ReadonlySet<string>,
  guesses: string[],
  divided: string[],
): DomainInput {
  const sorted = sortGroups(groups, helpers);
  const { validation, undivided } = sorted;
  if (validation.length > 0 && sorted.test.length === 0) {
    guesses.push(`domain ${name}: the validation folder is taken as test, as there is no other`);
    sorted.test.push(...validation);
  } else if (validation.length > 0)
    guesses.push(`domain ${name}: the validation folder is left out; dimseg validates on labelled training cases`);
  if (sorted.test.length === 0 && sorted.train.length === 0 && undivided.length > 0) {
    const whole = join(undivided, root) as SplitInput;
    const parts = divide(whole, root);
    if (!parts) return { name, train: whole };
    divided.push(name);
    return { name, ...parts };
  }
  const train = join([...sorted.train, ...undivided], root);
  const test = join(sorted.test, root);
  return { name, ...(train ? { train } : {}), ...(test ? { test } : {}) };
}

/** The domains in byte order of their names. Decisions are appended to `guesses`. */
export function proposeDomains(
  groups: readonly ImageGroup[],
  root: string,
  helpers: ReadonlySet<string>,
  guesses: string[],
): DomainInput[] {
  const names = [...new Set(groups.map((group) => group.domain))].sort(compareBytes);
  const divided: string[] = [];
  const domains = names.map((name) => {
    const own = groups.filter((group) => group.domain === name);
    return domainInput(name, own, root, helpers, guesses, divided);
  });
  if (divided.length > 0)
    guesses.push(
      `${divided.length === 1 ? "domain" : "domains"} ${divided.join(", ")}: nothing divides training from test, so ` +
        "every fifth case with a mask became a test case; if a patient has several images, move the ids so that each " +
        "patient is on one side",
    );
  return domains;
}
