/**
 * The folders that hold images or masks. Where every case has a folder of its own, those folders are one for the rest of
 * inspect, with `{id}` in place of the case's name: `train/{id}/masks`.
 */
import { posix } from "node:path";
import { compareBytes, endingOf, foldCase, withoutEnding } from "../../file-patterns.js";
import { backgroundNote, hasMaskWord, isMaskAffix, wordsOf } from "../words.js";
import { type AlikeCases, classOf, isBackground, type Kind, withId } from "./alike-cases.js";
import { affixOf, type CaseParent, caseParents, folderOf, stemOf } from "./case-parents.js";

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
  const others = idle
    .filter((kind) => !isBackground(kind))
    .map(shown)
    .sort(compareBytes);
  notes.push(...idle.filter(isBackground).map((kind) => backgroundNote(shown(kind))));
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
