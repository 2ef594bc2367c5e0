/** Plain YAML trees: merging a preset under a file, and `--set a.b=c`. */
import { parse } from "yaml";
import { UsageError } from "../core/errors.js";

export type Tree = Record<string, unknown>;

export function isPlainObject(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `own` with what it leaves out taken from `below`; where both name different entries, `below`'s section is dropped. */
export function mergeUnder(own: Tree, below: Tree): Tree {
  if (own.name !== undefined && below.name !== undefined && own.name !== below.name) return own;
  const merged: Tree = { ...below, ...own };
  for (const [key, value] of Object.entries(own)) {
    const lower = below[key];
    if (isPlainObject(value) && isPlainObject(lower)) merged[key] = mergeUnder(value, lower);
  }
  return merged;
}

/** What a key holds; an empty section where it is absent or empty. */
function below(tree: Tree, key: string): unknown {
  return (Object.hasOwn(tree, key) ? tree[key] : null) ?? {};
}

/** Sets one dotted key, making the sections on the way that are absent or empty. */
function assign(tree: Tree, keys: readonly string[], value: unknown): Tree {
  const [key, ...rest] = keys;
  if (rest.length === 0) return { ...tree, [key]: value };
  return { ...tree, [key]: assign(below(tree, key) as Tree, rest, value) };
}

/**
 * The section that a key lies in; an empty one where it is absent or empty.
 * @throws UsageError for a key inside a number, a text or a list, which would be lost
 */
function sectionOf(tree: Tree, keys: readonly string[], assignment: string): Tree {
  let section = tree;
  for (const [depth, key] of keys.slice(0, -1).entries()) {
    const held = below(section, key);
    if (!isPlainObject(held)) {
      const path = keys.slice(0, depth + 1).join(".");
      throw new UsageError(
        `--set ${assignment}: ${path} is ${JSON.stringify(held)}, not a section of keys; set ${path} itself, or make it a section first`,
      );
    }
    section = held;
  }
  return section;
}

/**
 * Applies `key.path=value` texts in order; values are read as YAML, so `true`, `3`, `1e-3` and `[1, 2]` have their types.
 * Naming another entry (`optimizer.name=sam`) drops the former entry's settings from that section.
 * @param content a file's content; one that is neither empty nor a section of keys is returned as it is
 * @throws UsageError for a text of another form, or a key inside what is no section
 */
export function applyAssignments(content: unknown, assignments: readonly string[]): unknown {
  if (assignments.length === 0) return content;
  if (content !== null && !isPlainObject(content)) return content;
  let tree: Tree = content ?? {};
  for (const text of assignments) {
    const match = /^([A-Za-z][\w]*(?:\.[A-Za-z][\w]*)*)=(.*)$/s.exec(text);
    if (!match) throw new UsageError(`--set ${text}: write it as key=value, for example --set training.seed=7`);
    const keys = match[1].split(".");
    const section = sectionOf(tree, keys, text);
    const value = readValue(match[2], text);
    const renames = keys.at(-1) === "name" && section.name !== undefined && section.name !== value;
    tree = renames ? assign(tree, keys.slice(0, -1), { name: value }) : assign(tree, keys, value);
  }
  return tree;
}

/**
 * The last of the assignments that sets a key, a section around it, or a key in it; undefined where a file's own value
 * stands.
 */
export function assignmentOf(assignments: readonly string[], path: readonly PropertyKey[]): string | undefined {
  const key = path.map(String).join(".");
  const sets = (text: string) => {
    const set = text.slice(0, text.indexOf("="));
    return `${key}.`.startsWith(`${set}.`) || `${set}.`.startsWith(`${key}.`);
  };
  return assignments.findLast(sets);
}

function readValue(text: string, assignment: string): unknown {
  try {
    return parse(text);
  } catch {
    throw new UsageError(
      `--set ${assignment}: the value is not valid YAML; quote it, for example --set 'dataset="my set.yaml"'`,
    );
  }
}
