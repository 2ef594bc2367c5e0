/** The folders in which every folder is a case, told by the names of the files below them. */
import { basename, posix } from "node:path";
import { endingOf, foldCase, withoutEnding } from "../../file-patterns.js";
import { arePatients } from "../patient-names.js";
import { hasImageWord, isBareMask, isMaskAffix, isMaskFolder, wordsOf } from "../words.js";
import { type AlikeCases, alikeCases, lookAlike, masksOfCases } from "./alike-cases.js";

/** What BIDS calls a tree of masks and other things that were made of the images beside it. */
const madeOfImages = /^derivatives$/i;

/** Cases that have a folder each: fewer may be domains. */
const fewestCases = 3;

export function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === "." ? "" : folder;
}

/** A file's name without its ending, as names are compared. */
export function stemOf(path: string): string {
  const name = posix.basename(path);
  return foldCase(withoutEnding(name).normalize("NFC"));
}

/** What a file's name says after the name of its case, in its own letters. */
export function affixOf(path: string, id: string): string {
  const name = posix.basename(path).normalize("NFC");
  return name.slice(id.length, name.length - endingOf(name).length);
}

/** Whether a folder is a patient's or a series', of several images that all begin with its numbered name. */
function isSeriesFolder(child: string, paths: readonly string[]): boolean {
  const id = foldCase(child.normalize("NFC"));
  return /\d/.test(id) && paths.every((path) => stemOf(path).startsWith(id) && stemOf(path) !== id);
}

/** Below which folders every folder is a case: by the names of the files in them. */
function isCaseFolder(child: string, paths: readonly string[]): boolean {
  const id = foldCase(child.normalize("NFC"));
  const named = paths.filter((path) => stemOf(path) === id);
  const affixed = paths.filter((path) => stemOf(path).startsWith(id) && isMaskAffix(affixOf(path, id)));
  const other = paths.length - named.length - affixed.length;
  if (named.length === 1)
    return other === 0 || paths.some((path) => path !== named[0] && folderOf(path) !== folderOf(named[0]));
  return named.length === 0 && affixed.length > 0 && other === 0;
}

function isBareCase(paths: readonly string[]): boolean {
  const names = paths.map((path) => basename(path));
  return (
    names.some(isBareMask) &&
    names.filter((name) => !isBareMask(name)).every((name) => hasImageWord(wordsOf(name).slice(0, 1))) &&
    names.length > 1
  );
}

/** Files below a folder that is a parent of case folders, by case. */
export interface CaseParent {
  readonly parent: string;
  /** How files are called: all alike, after their case, or after the folder of a series with more behind it. */
  readonly kind: "bare" | "named" | "series" | AlikeCases;
  readonly byCase: ReadonlyMap<string, readonly string[]>;
}

/** How the files of cases are called where that says that they are cases; undefined where it does not. */
function calledAfter(
  cases: readonly (readonly [string, readonly string[]])[],
): "bare" | "named" | "series" | undefined {
  if (cases.length > 1 && cases.every(([, paths]) => isBareCase(paths))) return "bare";
  if (cases.length < fewestCases) return undefined;
  if (cases.every(([child, paths]) => isCaseFolder(child, paths))) return "named";
  return cases.every(([child, paths]) => isSeriesFolder(child, paths)) ? "series" : undefined;
}

/** The paths below every folder, by the folders in it. */
function childrenOf(images: readonly string[]): Map<string, Map<string, string[]>> {
  const below = new Map<string, Map<string, string[]>>();
  for (const path of images) {
    const parts = path.split("/");
    for (let depth = 0; depth + 1 < parts.length; depth++) {
      const parent = parts.slice(0, depth).join("/");
      const children = below.get(parent) ?? new Map<string, string[]>();
      below.set(parent, children);
      const files = children.get(parts[depth]);
      if (files) files.push(path);
      else children.set(parts[depth], [path]);
    }
  }
  return below;
}

function isBelow(path: string, parent: string): boolean {
  return path !== parent && (parent === "" || path.startsWith(`${parent}/`));
}

/** Folders with a single case whose files are called as those of other cases, and lie in none of their folders. */
function singleCases(
  below: ReturnType<typeof childrenOf>,
  found: readonly CaseParent[],
  labelMaps: ReadonlySet<string>,
): CaseParent[] {
  const kinds = found.flatMap(({ kind }) =>
    typeof kind === "string" ? [] : [...(kind.image ? [kind.image] : []), ...kind.masks, ...kind.idle],
  );
  if (kinds.length === 0) return [];
  const known = new Set(kinds.map(({ path }) => path));
  return [...below].flatMap(([parent, byCase]) => {
    const isApart = found.every(
      (one) => one.parent !== parent && !isBelow(one.parent, parent) && !isBelow(parent, one.parent),
    );
    const kind = byCase.size === 1 && isApart ? alikeCases(parent, byCase, labelMaps, known) : undefined;
    return kind ? [{ parent, kind, byCase }] : [];
  });
}

/** Whether cases lie in the folders of other ones. */
function isWithinCases(inner: CaseParent, { parent, byCase }: CaseParent): boolean {
  if (!isBelow(inner.parent, parent)) return false;
  const rest = parent === "" ? inner.parent : inner.parent.slice(parent.length + 1);
  return byCase.has(rest.split("/")[0]);
}

/** Whether numbered images may be several of each folder; of patients one image each is a case. */
function isDoubtful(one: CaseParent): boolean {
  const { kind } = one;
  return typeof kind !== "string" && kind.areNumbered && (kind.idle.length > 0 || !isOfPatients(one));
}

function isOfPatients({ byCase }: CaseParent): boolean {
  return arePatients([...byCase.keys()]);
}

function doubtText({ byCase }: CaseParent): string {
  const [first, second] = byCase.keys();
  return (
    `warning: the folders ${first}, ${second}${byCase.size > 2 ? ", ..." : ""} hold files of the same numbered names, and one called ` +
    "as masks are; if each of them is one case, write images: and masks: with {id} for the folder into dataset.yaml"
  );
}

function alikeText(byCase: CaseParent["byCase"]): string {
  const [[first, files], [second]] = byCase;
  const names = files.map((path) => posix.basename(path)).slice(0, 3);
  return (
    `warning: the folders ${first}, ${second}, ... hold files called alike, as ${names.join(", ")}, and nothing says which are masks, so ` +
    "all are taken as images; if each folder is one case, put its masks into a folder masks in it, or call them NAME_mask"
  );
}

/**
 * The folders whose folders are cases.
 * @param images    paths of all files
 * @param labelMaps those that are masks by their values
 * @param notes     receives sentences about folders that may be cases and are taken for none
 */
export function caseParents(images: readonly string[], labelMaps: ReadonlySet<string>, notes: string[]): CaseParent[] {
  const below = childrenOf(images);
  const namesOutside = (parent: string) => () => {
    const outside = images.filter((path) => !isBelow(path, parent));
    return new Set(outside.flatMap((path) => [stemOf(path), ...folderOf(path).split("/").map(stemOf)]));
  };
  const found = [...below].flatMap(([parent, byCase]): CaseParent[] => {
    const called = calledAfter([...byCase]);
    const kind = called ?? alikeCases(parent, byCase, labelMaps) ?? masksOfCases(parent, byCase, namesOutside(parent));
    if (kind) return [{ parent, kind, byCase }];
    // Beside the cases may lie a folder of what was made of them.
    const own = new Map([...byCase].filter(([child]) => !isMaskFolder(child) && !madeOfImages.test(child)));
    const alike = own.size < byCase.size ? alikeCases(parent, own, labelMaps) : undefined;
    return alike ? [{ parent, kind: alike, byCase: own }] : [];
  });
  // Sites of cases whose files are all called alike look like such cases themselves.
  const isCalledAfter = ({ kind }: CaseParent) => kind === "named" || kind === "series";
  const deepest = found.filter((one) => isCalledAfter(one) || !found.some((other) => isWithinCases(other, one)));
  const cases = deepest.filter((one) => !isDoubtful(one));
  notes.push(...deepest.filter((one) => isDoubtful(one) && !isOfPatients(one)).map(doubtText));
  const isApart = (parent: string) => found.every((one) => one.parent !== parent && !isBelow(parent, one.parent));
  for (const [parent, byCase] of below) if (isApart(parent) && lookAlike(parent, byCase)) notes.push(alikeText(byCase));
  return [...cases, ...singleCases(below, cases, labelMaps)];
}
