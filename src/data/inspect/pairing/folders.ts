/**
 * The folders that hold images or masks. Where every case has a folder of its own, those folders are one for the rest of
 * inspect, with `{id}` in place of the case's name: `train/{id}/masks`.
 */
import { basename, posix } from "node:path";
import { compareBytes, endingOf, foldCase, withoutEnding } from "../../file-patterns.js";
import { hasImageWord, hasMaskWord, isBareMask, isMaskAffix, isMaskFolder, wordsOf } from "../words.js";
import { type AlikeCases, alikeCases, classOf, type Kind, lookAlike, masksOfCases, withId } from "./alike-cases.js";

/** A folder, or the folders of all cases that are at the same place in them. */
export interface Folder {
  /** What its name and place say: the path, with a bare file's name as a last part. */
  readonly key: string;
  /** Path for patterns, with `{id}` where a part is the name of the case. */
  readonly path: string;
  /** Names of its files; those that are not called after their case are listed as if they were. */
  readonly names: readonly string[];
  /** Relative paths of the files, by name. */
  readonly files: ReadonlyMap<string, string>;
  /** What a pattern says for the file's name where that is the same for all cases, or any. */
  readonly fileName?: string;
  /** The class that its files show, where masks have a file for every class. */
  readonly className?: string;
}

/** What BIDS calls a tree of masks and other things that were made of the images beside it. */
const madeOfImages = /^derivatives$/i;

/** Cases that have a folder each: fewer may be domains. */
const fewestCases = 3;

function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === "." ? "" : folder;
}

function stemOf(path: string): string {
  const name = posix.basename(path);
  return foldCase(withoutEnding(name).normalize("NFC"));
}

/** What a file's name says after the name of its case, in its own letters. */
function affixOf(path: string, id: string): string {
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
interface CaseParent {
  readonly parent: string;
  /** How files are called: all alike, after their case, or after the folder of a series with more behind it. */
  readonly kind: "bare" | "named" | "series" | AlikeCases;
  readonly byCase: ReadonlyMap<string, readonly string[]>;
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

function isDoubtful({ kind }: CaseParent): boolean {
  return typeof kind !== "string" && kind.areNumbered;
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
    "each folder is taken as a domain; if each is one case, put its masks into a folder masks in it, or call them NAME_mask"
  );
}

function caseParents(images: readonly string[], labelMaps: ReadonlySet<string>, notes: string[]): CaseParent[] {
  const below = childrenOf(images);
  const namesOutside = (parent: string) => () => {
    const outside = images.filter((path) => !isBelow(path, parent));
    return new Set(outside.flatMap((path) => [stemOf(path), ...folderOf(path).split("/").map(stemOf)]));
  };
  const found = [...below].flatMap(([parent, byCase]): CaseParent[] => {
    const cases = [...byCase];
    const bare = cases.length > 1 && cases.every(([, paths]) => isBareCase(paths));
    const named = cases.length >= fewestCases && cases.every(([child, paths]) => isCaseFolder(child, paths));
    const series = cases.length >= fewestCases && cases.every(([child, paths]) => isSeriesFolder(child, paths));
    const masks = () => masksOfCases(parent, byCase, namesOutside(parent));
    const kind = bare
      ? "bare"
      : named
        ? "named"
        : series
          ? "series"
          : (alikeCases(parent, byCase, labelMaps) ?? masks());
    if (kind) return [{ parent, kind, byCase }];
    // Beside the cases may lie a folder of what was made of them.
    const own = new Map(cases.filter(([child]) => !isMaskFolder(child) && !madeOfImages.test(child)));
    const alike = own.size < cases.length ? alikeCases(parent, own, labelMaps) : undefined;
    return alike ? [{ parent, kind: alike, byCase: own }] : [];
  });
  // Sites of cases whose files are all called alike look like such cases themselves.
  const isCalledAfter = ({ kind }: CaseParent) => kind === "named" || kind === "series";
  const deepest = found.filter((one) => isCalledAfter(one) || !found.some((other) => isWithinCases(other, one)));
  const cases = deepest.filter((one) => !isDoubtful(one));
  notes.push(...deepest.filter(isDoubtful).map(doubtText));
  const isApart = (parent: string) => found.every((one) => one.parent !== parent && !isBelow(parent, one.parent));
  for (const [parent, byCase] of below) if (isApart(parent) && lookAlike(parent, byCase)) notes.push(alikeText(byCase));
  return [...cases, ...singleCases(below, cases, labelMaps)];
}

/** A kind of files in the folders of cases, as one folder. @param role what its key ends with, as places.ts reads it */
function folderOfKind(parent: string, { path, files }: Kind, role: string): Folder {
  const listed = new Map([...files].map(([id, file]) => [`${id}${endingOf(file)}`, file]));
  const endings = new Set([...files.values()].map(endingOf));
  return {
    key: posix.join(parent, role),
    path: posix.join(parent, posix.dirname(path)),
    names: [...listed.keys()],
    files: listed,
    fileName: `${posix.basename(path)}${endings.size === 1 ? [...endings][0] : ".*"}`,
  };
}

/** The image and the masks of cases that are called alike. @param notes receives a sentence about further files */
function alikeFolders(parent: string, { image, masks, byClass, idle }: AlikeCases, notes: string[]): Folder[] {
  const shown = (kind: Kind) => {
    const { path, fileName = "" } = folderOfKind(parent, kind, "");
    return posix.join(path, fileName);
  };
  const others = idle.map(shown).sort(compareBytes);
  if (others.length > 0)
    notes.push(
      `warning: the folder of each case holds several images: ${shown(image as Kind)} is taken, ${new Intl.ListFormat("en").format(others)} ` +
        `${others.length === 1 ? "is" : "are"} left out; write another into images in dataset.yaml, or further channels into furtherChannels`,
    );
  const roleOf = ({ path }: Kind) => {
    const name = posix.basename(path).replaceAll("{id}", "");
    return hasMaskWord(wordsOf(name)) ? name : "mask";
  };
  const folderOfMask = (kind: Kind): Folder => {
    const className = byClass ? classOf(kind) : undefined;
    return { ...folderOfKind(parent, kind, roleOf(kind)), ...(className === undefined ? {} : { className }) };
  };
  return [...(image ? [folderOfKind(parent, image, "image")] : []), ...masks.map(folderOfMask)];
}

/** The folders of cases below one parent, as one folder for each place in them. */
function mergeCases({ parent, kind, byCase }: CaseParent, notes: string[]): Folder[] {
  if (typeof kind !== "string") return alikeFolders(parent, kind, notes);
  const merged = new Map<
    string,
    { key: string; path: string; names: string[]; files: Map<string, string>; own: Set<string>; called: boolean }
  >();
  const depth = parent === "" ? 0 : parent.split("/").length;
  for (const [id, paths] of byCase)
    for (const file of paths) {
      const parts = file.split("/").slice(depth);
      const name = parts[parts.length - 1];
      const path = [
        ...(parent === "" ? [] : [parent]),
        ...parts.slice(0, -1).map((part) => withId(part, id, kind === "series" ? "*" : "{id}")),
      ].join("/");
      const called = kind !== "bare" && stemOf(file).startsWith(foldCase(id.normalize("NFC")));
      const isAffixed = kind === "named" && stemOf(file) !== foldCase(id.normalize("NFC"));
      const role = kind === "bare" ? withoutEnding(name) : isAffixed && isMaskAffix(affixOf(file, id)) ? "mask" : "";
      const key = posix.join(path, role);
      const entry = merged.get(key) ?? {
        key,
        path,
        names: [],
        files: new Map<string, string>(),
        own: new Set<string>(),
        called: true,
      };
      merged.set(key, entry);
      const listed = called ? name : `${id}${endingOf(name)}`;
      entry.own.add(name);
      entry.called &&= called;
      if (!entry.files.has(listed)) entry.names.push(listed);
      entry.files.set(listed, file);
    }
  return [...merged.values()].map(({ own, called, ...folder }) => {
    if (called) return folder;
    const extensions = new Set([...own].map((name) => endingOf(name)));
    return {
      ...folder,
      fileName: own.size === 1 ? [...own][0] : `*${extensions.size === 1 ? [...extensions][0] : ".*"}`,
    };
  });
}

/** A folder in which images and label maps lie side by side as one of each. */
function apart(folder: Folder, labelMaps: ReadonlySet<string>): Folder[] {
  const isMask = (name: string) => labelMaps.has(folder.files.get(name) as string);
  const [masks, images] = [folder.names.filter(isMask), folder.names.filter((name) => !isMask(name))];
  if (masks.length === 0 || images.length === 0) return [folder];
  const only = (names: string[]) => ({
    ...folder,
    names,
    files: new Map(names.map((name) => [name, folder.files.get(name) as string])),
  });
  return [only(images), only(masks)];
}

/**
 * The folders of a set from the paths of its images.
 * @param labelMaps those that are masks by their values
 * @param notes     receives sentences about what is left out
 */
export function foldersOf(images: readonly string[], labelMaps: ReadonlySet<string>, notes: string[]): Folder[] {
  const parents = caseParents(images, labelMaps, notes);
  const taken = new Set(parents.flatMap(({ byCase }) => [...byCase.values()].flat()));
  const byFolder = new Map<string, string[]>();
  for (const path of images) {
    if (taken.has(path)) continue;
    const folder = folderOf(path);
    const names = byFolder.get(folder);
    if (names) names.push(posix.basename(path));
    else byFolder.set(folder, [posix.basename(path)]);
  }
  const plain = [...byFolder].map(([path, names]) => ({
    ...{ key: path, path, names },
    files: new Map(names.map((name) => [name, path === "" ? name : `${path}/${name}`])),
  }));
  return [...plain, ...parents.flatMap((one) => mergeCases(one, notes))].flatMap((folder) => apart(folder, labelMaps));
}
