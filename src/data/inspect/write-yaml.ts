/** Writing a first `dataset.yaml`, with what was guessed as comments at its top. */
import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { Document, isNode } from "yaml";
import { writeFileAtomic } from "../../core/atomic-file.js";
import { UsageError } from "../../core/errors.js";
import { packageRoot } from "../../core/package-root.js";
import type { LabelRuleInput, QuestionInput } from "../schema.js";
import type { Inspection } from "./inspect.js";

/** A path as seen from a folder, with forward slashes; absolute only where no relative one exists. */
function seenFrom(folder: string, path: string): string {
  const result = relative(folder, path);
  return (isAbsolute(result) ? path : result).split(sep).join("/");
}

/** Grey values as numbers, so that they stand in the file without quotes. */
function plainKeys(labels: LabelRuleInput): unknown {
  if (labels.kind !== "values") return labels;
  return { ...labels, map: new Map(Object.entries(labels.map).map(([value, names]) => [Number(value), names])) };
}

/** A question with its rules written as they are to stand in the file. */
function plainQuestion({ choices, ...question }: QuestionInput): unknown {
  const plain = choices.map(({ means, classes, labels, domains }) => ({
    ...{ means, classes, labels: plainKeys(labels) },
    ...(domains
      ? { domains: Object.fromEntries(Object.entries(domains).map(([name, own]) => [name, plainKeys(own)])) }
      : {}),
  }));
  return { ...question, choices: plain };
}

/** The file's content as YAML, with the line that is to be filled in marked. */
function contentText(content: Readonly<Record<string, unknown>>, choices: number): string {
  const document = new Document(content);
  const answer = document.getIn(["question", "answer"], true);
  if (isNode(answer)) answer.comment = ` fill in the number of the right choice, 1 to ${choices}`;
  return document.toString({ lineWidth: 0 });
}

/**
 * The text of a `dataset.yaml` for an inspected folder.
 * @param folder the folder that was inspected
 * @param path   where the file will lie; `root` and the schema's place are written relative to it
 */
export function datasetYaml(inspection: Inspection, folder: string, path: string): string {
  const here = dirname(resolve(path));
  const schema = seenFrom(here, join(packageRoot, "schema", "dataset.schema.json"));
  const root = seenFrom(here, resolve(folder));
  const { name, labels, question, domains, ...rest } = inspection.file;
  const comments = inspection.guesses.map((guess) => `#   ${guess.replaceAll(/\s+/g, " ")}`);
  const content = {
    name,
    ...(root === "" ? {} : { root }),
    ...rest,
    ...(labels ? { labels: plainKeys(labels) } : {}),
    ...(question ? { question: plainQuestion(question) } : {}),
    domains: domains.map((one) => (one.labels ? { ...one, labels: plainKeys(one.labels) } : one)),
  };
  return [
    `# yaml-language-server: $schema=${schema}`,
    "# Written by `dimseg data inspect`. Guessed, so please read:",
    ...comments,
    contentText(content, question?.choices.length ?? 0),
  ].join("\n");
}

/** Says early that a file may not be written. @throws UsageError when it exists and `force` is not set */
export function checkDatasetYaml(path: string, force: boolean): void {
  if (existsSync(path) && !force)
    throw new UsageError(`${path}: exists already; choose another name with --out, or replace it with --force`);
}

/**
 * Writes the file in one step.
 * @throws UsageError when it exists and `force` is not set
 * @throws ResourceError when it cannot be written
 */
export function writeDatasetYaml(inspection: Inspection, folder: string, path: string, force: boolean): void {
  checkDatasetYaml(path, force);
  writeFileAtomic(path, datasetYaml(inspection, folder, path));
}
