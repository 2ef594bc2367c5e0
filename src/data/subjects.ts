/**
 * Which subject (patient, animal, specimen) a case is of. Cases of one subject are alike, so they must not lie on both
 * sides of a split, and count as one where chance is judged. Where nothing is said, every case is a subject of its own.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { DataError } from "../core/errors.js";
import { readFailureReason } from "../core/files/read-file.js";
import { parseCsv } from "../core/formats/csv.js";
import type { SubjectRule } from "./schema.js";

/** What a rule sees of a case. */
export interface SubjectKey {
  readonly id: string;
  readonly domain: string;
  readonly split: string;
}

/** Names the subject of a case; equal names stand for the same subject, in whatever domain and split. */
export type SubjectOf = (one: SubjectKey) => string;

/** Every case is a subject of its own. */
export const ownSubject: SubjectOf = ({ domain, split, id }) => `${domain}/${split}/${id}`;

/** The name with the place that it is unique in. */
function qualified(name: string, { domain, split }: SubjectKey, within: SubjectRule["within"]): string {
  return within === "dataset" ? name : within === "domain" ? `${domain}/${name}` : `${domain}/${split}/${name}`;
}

/** From ids to subjects by a table. @throws DataError when it cannot be read, lacks a column or contradicts itself */
function readTable(path: string, caseColumn: string, subjectColumn: string): Map<string, string> {
  let rows: string[][];
  try {
    rows = parseCsv(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
  } catch (cause) {
    const reason = "code" in (cause as object) ? readFailureReason(cause) : (cause as Error).message;
    throw new DataError(`subject: cannot read ${path}: ${reason}`, { cause });
  }
  const [header = [], ...lines] = rows;
  const [from, to] = [caseColumn, subjectColumn].map((column) => {
    const at = header.indexOf(column);
    if (at >= 0) return at;
    throw new DataError(`subject: ${path} has no column "${column}"; its columns are ${header.join(", ")}`);
  });
  const subjects = new Map<string, string>();
  for (const line of lines) {
    const [id, subject] = [line[from] ?? "", (line[to] ?? "").trim()];
    if (id === "" && subject === "") continue;
    const earlier = subjects.get(id);
    if (earlier !== undefined && earlier !== subject)
      throw new DataError(
        `subject: ${path} gives the case "${id}" the subjects "${earlier}" and "${subject}"; keep one`,
      );
    subjects.set(id, subject);
  }
  return subjects;
}

/** The name that a rule gives an id; undefined where it gives none. */
function namer(rule: SubjectRule, root: string): { nameOf: (id: string) => string | undefined; source: string } {
  const { before, pattern } = rule;
  if (before !== undefined) return { nameOf: (id) => id.split(before, 1)[0], source: `before "${before}"` };
  if (pattern !== undefined) {
    const expression = new RegExp(pattern, "u");
    return { nameOf: (id) => expression.exec(id)?.[1], source: `pattern ${pattern}` };
  }
  const path = resolve(root, rule.csv as string);
  const subjects = readTable(path, rule.case as string, rule.subject as string);
  return { nameOf: (id) => subjects.get(id), source: path };
}

/**
 * The subjects of cases by a rule of `dataset.yaml`.
 * @param root folder that a table's path starts from
 * @throws DataError when a table cannot be read; the result throws one for a case that the rule gives no subject
 */
export function subjectsBy(rule: SubjectRule, root: string): SubjectOf {
  const { nameOf, source } = namer(rule, root);
  return (one) => {
    const name = nameOf(one.id);
    if (name) return qualified(name, one, rule.within);
    throw new DataError(
      `domain ${one.domain}, ${one.split}: subject gives the case "${one.id}" no subject by ${source}; correct the rule or the case`,
    );
  };
}

/** How many subjects the cases are of. */
export function subjectCount(cases: readonly { readonly subject: string }[]): number {
  return new Set(cases.map((one) => one.subject)).size;
}
