/**
 * Reading a YAML file against a zod schema so that every mistake becomes one sentence: the file, the line, the key's
 * path, what is wrong, and the nearest key that exists.
 */
import { readFileSync, statSync } from "node:fs";
import { isNode, isScalar, LineCounter, parseDocument, visit, type YAMLMap, type YAMLParseError } from "yaml";
import { z } from "zod";
import { counted } from "../counted.js";
import { DataError, UsageError } from "../errors.js";
import { readFailureReason } from "../files/read-file.js";
import { nearestWord } from "../nearest-word.js";

/** The parser takes about a second a MiB. */
const maxBytes = 4 * 1024 * 1024;

interface SchemaNode {
  const?: unknown;
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  prefixItems?: SchemaNode[];
  anyOf?: SchemaNode[];
  oneOf?: SchemaNode[];
}

/** What `value` holds at a path; undefined where it ends earlier. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], value);
}

/** The branches of a node's unions, without those that a `name:` in `value` rules out. */
function branchesFor(node: SchemaNode, value: unknown): SchemaNode[] {
  const branches = (one: SchemaNode): SchemaNode[] => [
    one,
    ...[...(one.anyOf ?? []), ...(one.oneOf ?? [])].flatMap(branches),
  ];
  return branches(node).filter((branch) =>
    Object.entries(branch.properties ?? {}).every(
      ([key, property]) => property.const === undefined || property.const === valueAt(value, [key]),
    ),
  );
}

/** The keys that a schema allows at a path of `value`. */
function keysAt(schema: SchemaNode, value: unknown, path: readonly PropertyKey[]): string[] {
  let nodes = branchesFor(schema, value);
  path.forEach((key, depth) => {
    nodes = nodes
      .flatMap((node) => [
        node.properties?.[String(key)],
        typeof node.additionalProperties === "object" ? node.additionalProperties : undefined,
        typeof key === "number" ? (node.prefixItems?.[key] ?? node.items) : undefined,
      ])
      .filter((node) => node !== undefined)
      .flatMap((node) => branchesFor(node, valueAt(value, path.slice(0, depth + 1))));
  });
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** A schema may read `inner: sam` as `inner: { name: sam }`; a mistake in the name is then in the word that was written. */
function writtenPath(value: unknown, path: PropertyKey[]): PropertyKey[] {
  const shorthand = path.at(-1) === "name" && typeof valueAt(value, path.slice(0, -1)) === "string";
  return shorthand ? path.slice(0, -1) : path;
}

/** Writes a path as a reader of the YAML file would: `domains[0].train.images`. */
function pathText(path: readonly PropertyKey[]): string {
  return path.map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${String(key)}`)).join("");
}

/** The words that an issue says are possible, if it is about a word. */
function choicesOf(issue: z.core.$ZodIssue): string[] | undefined {
  if (issue.code === "invalid_value") return issue.values.map(String);
  return issue.code === "invalid_union" && "options" in issue ? (issue.options as unknown[]).map(String) : undefined;
}

/** Zod's names of types as a writer of YAML knows them. */
const typeNames: Record<string, string> = {
  int: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "true or false",
  array: "a list",
  object: "a section of keys",
  record: "a section of keys",
};

/** A value of another type than the schema's. */
function typeText({ expected }: z.core.$ZodIssueInvalidType, given: unknown): string {
  if (given === undefined) return "is missing";
  if (expected === "tuple") return `is ${JSON.stringify(given)}; it must be a list, as in [64, 64, 64]`;
  const wanted = typeNames[expected] ?? expected;
  if (given === null) return `is empty; it must be ${wanted}`;
  return `is ${JSON.stringify(given)}; it must be ${wanted}`;
}

/** A number outside its limits, or a list or text of the wrong length. */
function limitText(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, given: unknown): string {
  const [limit, above, atMost] =
    issue.code === "too_small" ? [issue.minimum, "above", "at least"] : [issue.maximum, "below", "at most"];
  const bound = `${issue.inclusive === false ? above : atMost} ${limit}`;
  if (typeof given === "number") return `is ${given}; it must be ${bound}`;
  return `must have ${bound} ${typeof given === "string" ? "letters" : "entries"}`;
}

/** One issue of zod as a clause without the place. */
function issueText(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown): string {
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0];
    const allowed = keysAt(z.toJSONSchema(schema, { io: "input" }) as SchemaNode, value, issue.path);
    const near = nearestWord(key, allowed);
    const hint = near ? `did you mean "${near}"?` : `the keys here are ${allowed.join(", ")}`;
    return `unknown key "${key}"; ${hint}`;
  }
  const choices = choicesOf(issue);
  if (choices) {
    const given = valueAt(value, issue.path);
    if (given === undefined) return `is missing; the choices are ${choices.join(", ")}`;
    const near = typeof given === "string" ? nearestWord(given, choices) : undefined;
    return `is ${JSON.stringify(given)}; ${near ? `did you mean "${near}"?` : `the choices are ${choices.join(", ")}`}`;
  }
  if (issue.code === "invalid_type") return typeText(issue, valueAt(value, issue.path));
  if (issue.code === "too_small" || issue.code === "too_big") return limitText(issue, valueAt(value, issue.path));
  if (issue.code === "not_multiple_of")
    return `is ${JSON.stringify(valueAt(value, issue.path))}; it must be a multiple of ${issue.divisor}`;
  if (issue.code === "invalid_key" && issue.issues[0]) return `key ${issue.issues[0].message}`;
  return issue.message;
}

/**
 * Checks `value` against `schema`.
 * @param where names the file, and the line of a path where it is known; `unknown` is a key below it that is none
 * @throws UsageError one sentence with the first unknown key, else the first mistake, and how many more there are
 */
export function validate<S extends z.ZodType>(
  schema: S,
  value: unknown,
  where: (path: readonly PropertyKey[], unknown: readonly string[]) => string,
): z.output<S> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const { issues } = result.error;
  // A mistyped key is often why another one is missing.
  const first = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  const issue = { ...first, path: writtenPath(value, first.path) };
  const key = issue.path.length > 0 ? `${pathText(issue.path)} ` : "";
  const separator = issue.code === "unrecognized_keys" && key !== "" ? "has an " : "";
  const more = issues.length > 1 ? ` (and ${counted(issues.length - 1, "further mistake")})` : "";
  const unknown = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  throw new UsageError(`${where(issue.path, unknown)}: ${key}${separator}${issueText(issue, schema, value)}${more}`);
}

/**
 * Reads a YAML file that must follow `schema`.
 * @param transform what happens to the file's content before it is checked, such as filling in a preset
 * @param elsewhere names where the value of a key comes from, if not from the file
 * @throws DataError when the file is missing, unreadable or larger than 4 MiB
 * @throws UsageError when it is not YAML or breaks the schema; the message gives line and key
 */
export function readValidatedYaml<S extends z.ZodType>(
  path: string,
  schema: S,
  transform: (content: unknown) => unknown = (content) => content,
  elsewhere: (path: readonly PropertyKey[]) => string | undefined = () => undefined,
): z.output<S> {
  const text = readText(path);
  const lines = new LineCounter();
  // The parser's own look for repeated keys compares each with every other.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  if (document.errors.length > 0) throw new UsageError(`${path} ${syntaxText(document.errors, lines)}`);
  visit(document, { Map: (_, map) => refuseRepeatedKeys(map, lines, path) });
  const where = (keys: readonly PropertyKey[], unknown: readonly string[]) => {
    const other = elsewhere([...keys, ...unknown]);
    if (other !== undefined) return other;
    for (let length = keys.length; length > 0; length--) {
      const node = document.getIn(keys.slice(0, length), true);
      if (isNode(node) && node.range) return `${path} line ${lines.linePos(node.range[0]).line}`;
    }
    return path;
  };
  return validate(schema, transform(toPlain(document, path)), where);
}

/** @throws UsageError with the line when a section has a key twice, of which one would be lost */
function refuseRepeatedKeys(section: YAMLMap, lines: LineCounter, path: string): void {
  const seen = new Set<unknown>();
  for (const { key } of section.items) {
    if (!isScalar(key)) continue;
    if (seen.has(key.value))
      throw new UsageError(
        `${path} line ${lines.linePos(key.range?.[0] ?? 0).line}: has the key "${key.value}" twice; keep one`,
      );
    seen.add(key.value);
  }
}

/** The parser's first error with its line and, where its words are about YAML's insides, a remedy. */
function syntaxText(errors: readonly YAMLParseError[], lines: LineCounter): string {
  const [{ code, message, pos }] = errors;
  // A line that is indented too far goes on with the value above it, and the error is placed at that value's beginning.
  const continued = errors.find((one) => one.code === "MULTILINE_IMPLICIT_KEY" && one.pos[0] === pos[0]);
  const { line } = lines.linePos(continued?.pos[1] ?? pos[0]);
  const remedy = continued
    ? "; check how far this line is indented"
    : code === "BLOCK_AS_IMPLICIT_KEY"
      ? "; write each key on a line of its own, and quote a value that holds a colon"
      : "";
  return `line ${line}: is not valid YAML: ${message}${remedy}`;
}

/** The document as plain values; refuses alias bombs. */
function toPlain(document: ReturnType<typeof parseDocument>, path: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new UsageError(`${path}: cannot be expanded: ${(cause as Error).message}`, { cause });
  }
}

function readText(path: string): string {
  try {
    if (statSync(path).size > maxBytes)
      throw new DataError(
        `${path}: is larger than 4 MiB; put long lists of ids into text files (list: in a dataset.yaml)`,
      );
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError(`cannot read ${path}: ${readFailureReason(cause)}`, { cause });
  }
}
