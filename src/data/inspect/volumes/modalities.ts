/** Several modalities of the same people: where nothing tells which one the masks are of, dataset.yaml asks. */
import type { ClassesInput, DatasetFileInput, LabelRuleInput } from "../../schema.js";
import type { DomainInput, SplitInput } from "../splits/split-input.js";

/** A modality, and how its files are called. */
export interface Modality {
  readonly name: string;
  readonly pattern: string;
}

/** What a `dataset.yaml` says of classes and domains. */
interface Rules {
  readonly classes: ClassesInput;
  readonly labels: LabelRuleInput;
  readonly domains: DomainInput[];
}

/** More choices would not be read. */
const mostChoices = 12;

/**
 * The rules, with a question for the modality where there are several, and `{modality}` in place of its name.
 * @param modalities of which the domains are of the first; those whose files are called otherwise than by their name are left out
 */
export function withModalities(
  modalities: readonly Modality[],
  { classes, labels, domains }: Rules,
  guesses: string[],
): Pick<DatasetFileInput, "classes" | "labels" | "question" | "domains"> {
  const [first] = modalities;
  const patternOf = (name: string) => first.pattern.replace(`{id}_${first.name}`, `{id}_${name}`);
  const names = modalities.flatMap(({ name, pattern }) => (pattern === patternOf(name) ? [name] : []));
  if (names.length < 2) return { classes, labels, domains };
  const open = (split: SplitInput): SplitInput => ({
    ...split,
    ...(split.images === undefined ? {} : { images: patternOf("{modality}") }),
  });
  const opened = domains.map(({ train, test, ...rest }) => ({
    ...rest,
    ...(train ? { train: open(train) } : {}),
    ...(test ? { test: open(test) } : {}),
  }));
  const ask = `Which images are trained on, ${names.slice(0, -1).join(", ")} or ${names[names.length - 1]}?`;
  guesses.push(`to be answered in dataset.yaml before anything is trained: ${ask}`);
  const choices = names
    .slice(0, mostChoices)
    .map((modality) => ({ means: `the images are ${modality}`, modality, classes, labels }));
  return { question: { ask, choices, answer: null }, domains: opened };
}
