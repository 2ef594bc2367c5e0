/** An inspected folder's description with the names and the answer that a person gave. */
import { UsageError } from "../../../core/errors.js";
import { validate } from "../../../core/formats/validated-yaml.js";
import type { Inspection } from "../../../data/inspect/inspect.js";
import { type Rename, renamedRule, withKeys } from "../../../data/inspect/labels/renamed-rule.js";
import { type DatasetFileInput, datasetSchema } from "../../../data/schema.js";
import { namedReading, type Reading, readingsOf, renamer } from "./readings.js";

/** What a person says of what was found; names stand in the order in which they were shown. */
export interface DescriptionAnswers {
  readonly domains: readonly string[];
  /** Of the rows of the reading that is right. */
  readonly names: readonly string[];
  /** Number of the right reading, from 1; null where nothing is asked. */
  readonly answer: number | null;
}

function domainRenamer(before: readonly string[], after: readonly string[]): Rename {
  if (before.length !== after.length)
    throw new UsageError("domains were found anew meanwhile; look at the folder again");
  return renamer("domains", before, after);
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

/** The question with the answer, and that choice as a person named it. */
function answered(
  question: NonNullable<DatasetFileInput["question"]>,
  answer: number,
  named: Reading,
  ofDomain: Rename,
): Pick<DatasetFileInput, "question"> {
  const choices = question.choices.map((one, i) => {
    const { domains, ...rules } = i === answer - 1 ? named : one;
    return { ...one, ...rules, ...(domains ? { domains: withKeys(domains, ofDomain) } : {}) };
  });
  return { question: { ...question, answer, choices } };
}

/**
 * What is to be written.
 * @param where names the file in messages
 * @throws UsageError for names that do not do, and where a question has no answer
 */
export function renamed({ file, ...found }: Inspection, answers: DescriptionAnswers, where: string): Inspection {
  const { question, domains } = file;
  const ofDomain = domainRenamer(
    domains.map(({ name }) => name),
    answers.domains,
  );
  const answer = question ? answers.answer : 1;
  const chosen = readingsOf(file)[(answer ?? 0) - 1];
  if (answer === null || !chosen) throw new UsageError("the masks can mean several things; say which is right");
  const { reading, rename } = namedReading(chosen, answers.names);
  const content: DatasetFileInput = {
    ...file,
    ...(question
      ? answered(question, answer, reading, ofDomain)
      : { classes: reading.classes, labels: reading.labels }),
    domains: domains.map((one) => renamedDomain(one, ofDomain, rename)),
  };
  validate(datasetSchema, content, () => where);
  return { ...found, file: content };
}
