/** Writing a first `dataset.yaml`, with what was guessed as comments at its top. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Document, isNode, isSeq } from "yaml";
import { UsageError } from "../../core/errors.js";
import { writeFilesAtomic } from "../../core/files/atomic-file.js";
import { seenFrom } from "../../core/files/seen-from.js";
import { packageRoot } from "../../core/package-root.js";
import type { LabelRuleInput, QuestionInput } from "../schema.js";
import type { Inspection } from "./inspect.js";
import type { DomainInput } from "./splits/split-input.js";

/** Grey values as numbers, so that they stand in the file without quotes. */
function plainKeys(labels: LabelRuleInput): unknown {
  if (labels.kind !== "values") return labels;
  return { ...labels, map: new Map(Object.entries(labels.map).map(([value, names]) => [Number(value), names])) };
}

/** A question with its rules written as they are to stand in the file. */
function plainQuestion({ choices, ...question }: QuestionInput): unknown {
  const plain = choices.map(({ means, classes, labels, domains, modality }) => ({
    ...{ means, ...(modality === undefined ? {} : { modality }), classes, labels: plainKeys(labels) },
    ...(domains
      ? { domains: Object.fromEntries(Object.entries(domains).map(([name, own]) => [name, plainKeys(own)])) }
      : {}),
  }));
  return { ...question, choices: plain };
}

/** The file's content as YAML, with the line that is to be filled in marked. */
function contentText(content: Readonly<Record<string, unknown>>, choices: number): string {
  // A change to the masks of one split is meant for it alone.
  const document = new Document(content, { aliasDuplicateObjects: false });
  const answer = document.getIn(["question", "answer"], true);
  if (isNode(answer)) answer.comment = ` fill in the number of the right choice, 1 to ${choices}`;
  const domains = document.get("domains");
  if (isSeq(domains))
    for (const i of domains.items.keys()) {
      const readers = document.getIn(["domains", i, "readers"], true);
      if (isNode(readers)) readers.comment = " of several readers' masks; or majority, or staple, of all of them";
    }
  return document.toString({ lineWidth: 0 });
}

/** Longer lists of ids lie in text files, where they are easier to edit. */
const mostInline = 50;

/** The folder of a file's lists: `dataset-cases` beside `dataset.yaml`. */
function listFolder(path: string): string {
  return `${resolve(path).replace(/\.ya?ml$/i, "")}-cases`;
}

/** Whether each id is a line that reads back as itself. */
function areLines(ids: readonly string[]): boolean {
  return ids.every((id) => id !== "" && id === id.trim() && !/[\r\n]/.test(id));
}

/** A file beside the `dataset.yaml`, with the ids of one split. */
interface IdList {
  readonly path: string;
  readonly text: string;
}

/** The domains with long lists of ids moved to files of their own. */
function withLists(domains: DomainInput[], folder: string, path: string): { domains: DomainInput[]; lists: IdList[] } {
  const lists = new Map<string, string>();
  const moved = ({ ids, ...rest }: NonNullable<DomainInput["train"]>, domain: string, split: string) => {
    if (!ids || ids.length <= mostInline || !areLines(ids)) return ids ? { ...rest, ids } : rest;
    const name = `${domain.replaceAll(/[^\p{L}\p{N}._-]+/gu, "_")}-${split}`;
    let file = join(listFolder(path), `${name}.txt`);
    for (let i = 2; lists.has(file); i++) file = join(listFolder(path), `${name}-${i}.txt`);
    lists.set(file, `${ids.join("\n")}\n`);
    return { ...rest, list: seenFrom(resolve(folder), file) };
  };
  const changed = domains.map((one) => ({
    ...one,
    ...(one.train ? { train: moved(one.train, one.name, "train") } : {}),
    ...(one.test ? { test: moved(one.test, one.name, "test") } : {}),
  }));
  return { domains: changed, lists: [...lists].map(([file, text]) => ({ path: file, text })) };
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
  const { name, labels, question, ...rest } = inspection.file;
  const { domains } = withLists(inspection.file.domains, folder, path);
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

/** Says early that a file may not be written. @throws UsageError when it or its lists exist and `force` is not set */
export function checkDatasetYaml(path: string, force: boolean): void {
  const existing = [path, listFolder(path)].find((one) => existsSync(one));
  if (existing !== undefined && !force)
    throw new UsageError(`${existing}: exists already; choose another name with --out, or replace it with --force`);
}

/**
 * Writes the file, and beside it the lists of ids that are too long to stand in it.
 * @returns the paths of the lists
 * @throws UsageError when it or its lists exist and `force` is not set
 * @throws ResourceError when it cannot be written
 */
export function writeDatasetYaml(inspection: Inspection, folder: string, path: string, force: boolean): string[] {
  checkDatasetYaml(path, force);
  const { lists } = withLists(inspection.file.domains, folder, path);
  const files = lists.map((list) => [list.path, list.text] as const);
  writeFilesAtomic([...files, [path, datasetYaml(inspection, folder, path)]]);
  return lists.map((list) => list.path);
}
