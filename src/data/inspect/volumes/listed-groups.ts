/**
 * Lists of cases as public code for semi-supervised segmentation keeps them beside a folder of files: `train_slices.list`,
 * `train.list`, `val.list` and `test.list`, an id a line, in the order in which the first are the labelled ones.
 */
import { posix, resolve } from "node:path";
import { counted } from "../../../core/counted.js";
import { readList } from "../../case-files.js";
import { isImageName, withoutEnding } from "../../file-patterns.js";
import type { SubjectRuleInput } from "../../schema.js";
import type { ImageGroup } from "../pairing/grouping.js";
import { domainOf } from "../pairing/places.js";
import type { SplitInput } from "../splits/split-input.js";
import { subjectOf } from "../splits/subject-guess.js";

/** The lists that are taken for a split; the first that is there. */
const trainLists = ["train_slices.list", "train.list"];
const testLists = ["test.list", "val.list"];

/** A case that a list names. */
interface ListedCase {
  readonly id: string;
  readonly path: string;
}

/** An entry without the ending of its file. */
function idOf(entry: string): string {
  const id = entry.normalize("NFC");
  return isImageName(posix.basename(id)) ? withoutEnding(id) : id;
}

/** Finds the files of entries: those called so, or the only one in a folder that is called so, as `ID/mri_norm2.h5`. */
function finder(paths: readonly string[]): (entry: string) => ListedCase[] {
  const byName = new Map<string, string[]>();
  const byFolder = new Map<string, string[]>();
  const add = (map: Map<string, string[]>, key: string, path: string) => map.set(key, [...(map.get(key) ?? []), path]);
  for (const path of paths) {
    add(byName, withoutEnding(posix.basename(path)).normalize("NFC"), path);
    add(byFolder, posix.basename(posix.dirname(path)).normalize("NFC"), path);
  }
  return (entry) => {
    const id = posix.basename(idOf(entry));
    const [path, ...others] = byName.get(id) ?? byFolder.get(id) ?? [];
    if (path !== undefined && others.length === 0) return [{ id, path }];
    // An entry with folders, as ID/mri_norm2.h5, is called after the folder.
    const folder = posix.basename(posix.dirname(idOf(entry)));
    const inFolder = (byFolder.get(folder) ?? []).filter((one) => withoutEnding(posix.basename(one)) === id);
    return inFolder.length === 1 ? [{ id: folder, path: inFolder[0] }] : [];
  };
}

/** The pattern of a case's file: its id is the file's name or that of its folder. */
function patternOf({ id, path }: ListedCase): string {
  const [folder, name] = [posix.dirname(path), posix.basename(path)];
  if (withoutEnding(name).normalize("NFC") === id)
    return posix.join(folder, `{id}${name.slice(withoutEnding(name).length)}`);
  return posix.join(posix.dirname(folder), "{id}", name);
}

interface Found {
  readonly list: string;
  readonly source: SplitInput & { images: string };
  readonly paths: readonly string[];
}

/** What a list names; nothing where none of it is there, or its files lie in several places. */
function readSplit(list: string, root: string, find: ReturnType<typeof finder>, guesses: string[]): Found | undefined {
  const entries = readList(resolve(root, list), list);
  const cases = [...new Map(entries.flatMap(find).map((one) => [one.id, one])).values()];
  const patterns = new Set(cases.map(patternOf));
  const [images] = patterns;
  if (images === undefined || patterns.size > 1) {
    guesses.push(
      `warning: ${list}: ${images === undefined ? "none of its ids has a file" : `its ids have files in several places (${[...patterns].join(", ")})`}, so it is not used`,
    );
    return undefined;
  }
  const missing = entries.length - cases.length;
  if (missing > 0)
    guesses.push(
      `warning: ${list}: ${missing} of its ${entries.length} ids have no file of their own and are left out`,
    );
  const [first, ...rest] = cases.map(({ id }) => id);
  const isPlain = missing === 0 && entries.every((entry, i) => idOf(entry) === cases[i].id);
  return {
    ...{ list, paths: cases.map(({ path }) => path) },
    source: isPlain ? { images, list } : { images, ids: [first, ...rest] },
  };
}

/**
 * The groups that lists divide a folder's files into; undefined where there is no list for training.
 * @param helpers relative paths of the lists, among others
 * @param guesses receives what was taken, and what is left out
 */
export function listedGroups(
  paths: readonly string[],
  helpers: ReadonlySet<string>,
  root: string,
  guesses: string[],
): ImageGroup[] | undefined {
  const lists = [...helpers].filter((path) => path.endsWith(".list"));
  const places = [...new Set(lists.map((path) => posix.dirname(path)))].sort((a, b) => a.length - b.length);
  const listIn = (place: string, names: readonly string[]) =>
    names.map((name) => posix.join(place, name)).find((path) => helpers.has(path));
  const place = places.find((one) => listIn(one, trainLists) !== undefined);
  if (place === undefined) return undefined;
  const find = finder(paths);
  const train = readSplit(listIn(place, trainLists) as string, root, find, guesses);
  if (!train) return undefined;
  const tests = listIn(place, testLists);
  const test = tests === undefined ? undefined : readSplit(tests, root, find, guesses);
  const used = [train, ...(test ? [test] : [])];
  const idle = lists.filter((path) => !used.some(({ list }) => list === path));
  guesses.push(
    `${train.list} says what is trained on, in its order${test ? `, ${test.list} what is judged` : ""}` +
      `${idle.length > 0 ? `; ${idle.join(", ")} ${idle.length > 1 ? "are" : "is"} not used` : ""}`,
  );
  const named = new Set(used.flatMap((one) => one.paths));
  const others = paths.filter((path) => !named.has(path)).length;
  if (others > 0)
    guesses.push(
      `${counted(others, "file")} that ${used.map(({ list }) => list).join(" and ")} do not name ` +
        `${others === 1 ? "is" : "are"} left out`,
    );
  const domain = domainOf({ rest: [], detail: "" }, root);
  return used.map(({ source }) => ({ domain, place, source, split: source === test?.source ? "test" : "train" }));
}

/** Shares of the subjects whose labels published tables use. */
const usualShares = [0.05, 0.1, 0.2];

/**
 * How many cases the first subjects of a list are, where these have several each: tables count labelled patients, and public
 * code takes the cases of the first ones of its list.
 */
export function labelledCounts(
  cases: readonly { readonly id: string }[],
  rule: SubjectRuleInput,
  list = "the list",
): string[] {
  const subjects = cases.map(({ id }) => subjectOf(rule, id) ?? id);
  const order = [...new Set(subjects)];
  if (order.length === cases.length) return [];
  const counts = usualShares.flatMap((share) => {
    const taken = Math.floor(share * order.length);
    return taken > 0 ? [{ taken, count: subjects.indexOf(order[taken]) }] : [];
  });
  const texts = counts.map(({ taken, count }) => `${count} are the first ${counted(taken, "subject")}`);
  return [
    `labelled.count of a configuration counts cases of ${list}, from its beginning: ${texts.join(", ")} of ${order.length}`,
  ];
}
