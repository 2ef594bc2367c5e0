/** An inspected folder's description with the names and the answer that a person gave. */
import { UsageError } from "../../../core/errors.js";
import { validate } from "../../../core/validated-yaml.js";
import type { Inspection } from "../../../data/inspect/inspect.js";
import { type DatasetFileInput, datasetSchema, type LabelRuleInput } from "../../../data/schema.js";

/** What a person says of what was found; names stand in the order in which they were shown. */
export interface DescriptionAnswers {
  readonly domains: readonly string[];
  /** Without the background; none where a question is answered. */
  readonly classes: readonly string[];
  /** Number of the right choice, from 1; null where nothing is asked. */
  readonly answer: number | null;
}

type Rename = (name: string) => string;

function renamer(what: string, before: readonly string[], after: readonly string[]): Rename {
  if (before.length !== after.length)
    throw new UsageError(`${what} were found anew meanwhile; look at the folder again`);
  const names = new Map(before.map((name, i) => [name, after[i].trim()]));
  if (new Set(names.values()).size !== names.size)
    throw new UsageError(`two ${what} have the same name; name them apart`);
  return (name) => names.get(name) ?? name;
}

/** Names of the classes but for the background, in the file's order. */
export function classNamesOf({ classes }: Pick<DatasetFileInput, "classes">): string[] {
  return (classes ?? []).map(({ name }) => name).filter((name) => name !== "background");
}

function withKeys<T>(record: Readonly<Record<string, T>>, rename: Rename): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [rename(name), value]));
}

function renamedRule(rule: LabelRuleInput, rename: Rename): LabelRuleInput {
  switch (rule.kind) {
    case "values":
    case "colours": {
      const map = Object.entries(rule.map).map(([value, names]) => [
        value,
        typeof names === "string" ? rename(names) : names.map(rename),
      ]);
      return { ...rule, map: Object.fromEntries(map) };
    }
    case "thresholds":
      return { ...rule, classes: withKeys(rule.classes, rename) };
    case "channels": {
      const classes = Object.entries(rule.classes).map(([channel, name]) => [channel, name && rename(name)]);
      return { ...rule, classes: Object.fromEntries(classes) };
    }
    case "files":
      return rule;
  }
}

type DomainFile = DatasetFileInput["domains"][number];

function renamedDomain(domain: DomainFile, ofDomain: Rename, ofClass: Rename): DomainFile {
  const split = (source: DomainFile["train"]): DomainFile["train"] =>
    source && {
      ...source,
      ...(source.masksByClass ? { masksByClass: withKeys(source.masksByClass, ofClass) } : {}),
      ...(source.cases
        ? {
            cases: source.cases.map((one) =>
              one.masksByClass ? { ...one, masksByClass: withKeys(one.masksByClass, ofClass) } : one,
            ),
          }
        : {}),
    };
  return {
    ...domain,
    name: ofDomain(domain.name),
    ...(domain.labels ? { labels: renamedRule(domain.labels, ofClass) } : {}),
    ...(domain.train ? { train: split(domain.train) } : {}),
    ...(domain.test ? { test: split(domain.test) } : {}),
  };
}

/**
 * What is to be written.
 * @throws UsageError for names that are none or the same, and where a question has no answer
 */
export function renamed({ file, ...found }: Inspection, answers: DescriptionAnswers, where: string): Inspection {
  const { classes, labels, question, domains } = file;
  const ofDomain = renamer(
    "domains",
    domains.map(({ name }) => name),
    answers.domains,
  );
  const ofClass = renamer("classes", classNamesOf(file), answers.classes);
  const content: DatasetFileInput = {
    ...file,
    ...(classes
      ? {
          classes: classes.map((one) => ({
            ...one,
            name: ofClass(one.name),
            ...(one.inside === undefined ? {} : { inside: ofClass(one.inside) }),
          })),
        }
      : {}),
    ...(labels ? { labels: renamedRule(labels, ofClass) } : {}),
    ...(question
      ? {
          question: {
            ...question,
            answer: answers.answer,
            choices: question.choices.map((one) =>
              one.domains ? { ...one, domains: withKeys(one.domains, ofDomain) } : one,
            ),
          },
        }
      : {}),
    domains: domains.map((one) => renamedDomain(one, ofDomain, ofClass)),
  };
  validate(datasetSchema, content, () => where);
  return { ...found, file: content };
}
