/**
 * Folders of cases whose files are called alike in all of them and not after their case: `p0/t2.nii.gz`, `p0/seg.nii.gz`,
 * `p1/t2.nii.gz`. One kind of file is the image, those called as masks are its masks; cases without masks count too. A
 * folder of masks in each case may hold a file for every class: `p0/segmentations/liver.nii.gz`. Or masks alone have a folder
 * a case: `images/p0.nii.gz`, `masks/p0/liver.nii.gz`.
 */
import { compareBytes, foldCase, withoutEnding } from "../../file-patterns.js";
import {
  areClasses,
  classOfName,
  hasImageWord,
  isMaskFolder,
  isMaskName,
  isModality,
  namesBackground,
  namesPart,
  splitOfWords,
  wordsOf,
} from "../words.js";

/** Files of all cases that are called alike. */
export interface Kind {
  /** Their path from the folder above the cases, without ending, with `{id}` for the name of the case. */
  readonly path: string;
  /** By case. */
  readonly files: ReadonlyMap<string, string>;
}

/** The cases of a folder. */
export interface AlikeCases {
  /** Missing where the folders hold masks of images that lie elsewhere. */
  readonly image?: Kind;
  readonly masks: readonly Kind[];
  /** Whether the masks are of a class each, as {@link classOf} names it. */
  readonly byClass: boolean;
  /** Further kinds, that are neither. */
  readonly idle: readonly Kind[];
  /** Whether images are numbered, so that the folders may as well be sites with numbered cases. */
  readonly areNumbered: boolean;
}

/** A part of a path with the name of the case replaced, where it stands by itself: `1_seg` of case 1, but not its `t1`. */
export function withId(part: string, id: string, by: string): string {
  const [text, wanted] = [foldCase(part.normalize("NFC")), foldCase(id.normalize("NFC"))];
  const isInWord = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}]/u.test(character);
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1))
    if (!isInWord(text[at - 1]) && !isInWord(text[at + wanted.length]))
      return `${part.slice(0, at)}${by}${part.slice(at + id.length)}`;
  return part;
}

/** What the name of a kind's files says beside the name of the case. */
function saysOf({ path }: Kind): string {
  return path.slice(path.lastIndexOf("/") + 1).replaceAll("{id}", "");
}

/** Whether a kind shows what is in no class. */
export function isBackground(kind: Kind): boolean {
  return namesBackground(wordsOf(saysOf(kind)));
}

/** Whether a kind is called as masks are, or is label maps by its values. */
function isMask(kind: Kind, labelMaps: ReadonlySet<string>): boolean {
  return isMaskName(saysOf(kind)) || [...kind.files.values()].some((file) => labelMaps.has(file));
}

/** What a name says of a file that may be the image, the best first: `image`, `t2`, the name of the case, a number. */
const ranks = { image: 0, modality: 1, word: 2, number: 3 } as const;

function rankOf(kind: Kind): number {
  const words = wordsOf(saysOf(kind));
  if (hasImageWord(words)) return ranks.image;
  if (
    saysOf(kind)
      .split(/[_\s.-]+/)
      .some(isModality)
  )
    return ranks.modality;
  return words.some((word) => /\p{N}/u.test(word)) ? ranks.number : ranks.word;
}

/** Whether a kind is called as images are, and after no part of the body. */
function isCalledImage(kind: Kind): boolean {
  return rankOf(kind) <= ranks.modality && !namesPart(wordsOf(saysOf(kind)));
}

/** Whether a kind lies in a folder of masks within its case. */
function liesWithMasks({ path }: Kind): boolean {
  return path.split("/").slice(0, -1).some(isMaskFolder);
}

/** The class that the files of one of several kinds of masks show; undefined where their name says none. */
export function classOf(kind: Kind): string | undefined {
  return classOfName(saysOf(kind));
}

/**
 * The kinds that are masks: those called so, and those called after a class that lie in a folder of masks or, where another
 * is called as images are, after a part of the body.
 */
function masksAmong(kinds: readonly Kind[], labelMaps: ReadonlySet<string>): Pick<AlikeCases, "masks" | "byClass"> {
  const hasImage = kinds.some((kind) => isCalledImage(kind) && !liesWithMasks(kind));
  const mayBePart = (kind: Kind) =>
    classOf(kind) !== undefined &&
    (liesWithMasks(kind) || (hasImage && !isCalledImage(kind) && namesPart(wordsOf(saysOf(kind)))));
  const others = kinds.filter((kind) => !mayBePart(kind));
  const names = new Set(others.map(saysOf));
  const parts = kinds.filter((kind) => mayBePart(kind) && !names.has(saysOf(kind)));
  const whole = others.filter((kind) => isMask(kind, labelMaps));
  const byClass = whole.length === 0 && parts.length > 1 && areClasses(parts.map(classOf));
  if (byClass) return { masks: parts, byClass };
  return { masks: [...whole, ...parts.filter((kind) => isMask(kind, labelMaps) || parts.length === 1)], byClass };
}

/** The files of cases below a folder by kinds; undefined where a case has two of one. */
function kindsOf(parent: string, byCase: ReadonlyMap<string, readonly string[]>): Kind[] | undefined {
  const depth = parent === "" ? 0 : parent.split("/").length;
  const kinds = new Map<string, { path: string; files: Map<string, string> }>();
  for (const [id, files] of byCase)
    for (const file of files) {
      const parts = withoutEnding(file).split("/").slice(depth);
      const path = parts.map((part) => withId(part, id, "{id}")).join("/");
      const key = foldCase(path.normalize("NFC"));
      const kind = kinds.get(key) ?? { path, files: new Map<string, string>() };
      kinds.set(key, kind);
      if (kind.files.has(id)) return undefined;
      kind.files.set(id, file);
    }
  return [...kinds.values()];
}

/**
 * What the files in the folders below another one are where these are cases of this sort; else undefined. Of two folders both
 * need a mask, as they may be sites; of more one does, unless all files are called `image` or after a modality.
 * @param parent of the cases
 * @param byCase paths below it, by the name of the folder
 * @param labelMaps files that are masks by their values
 * @param known  kinds that cases elsewhere have: a single folder with no others is a case, too
 */
export function alikeCases(
  parent: string,
  byCase: ReadonlyMap<string, readonly string[]>,
  labelMaps: ReadonlySet<string>,
  known?: ReadonlySet<string>,
): AlikeCases | undefined {
  const kinds = kindsOf(parent, byCase);
  if (!kinds || (known ? !kinds.every(({ path }) => known.has(path)) : byCase.size < 2)) return undefined;
  const isShared = ({ files }: Kind) => 2 * files.size >= byCase.size && (known !== undefined || files.size > 1);
  const objects = kinds.filter((kind) => !isBackground(kind));
  const { masks, byClass } = masksAmong(objects, labelMaps);
  const images = objects.filter((kind) => isShared(kind) && !masks.includes(kind));
  const isCase = (id: string) => images.some(({ files }) => files.has(id));
  const labelled = [...byCase.keys()].filter((id) => masks.some(({ files }) => files.has(id)));
  const areImages = kinds.every((kind) => rankOf(kind) <= ranks.modality);
  const isSure = labelled.length === byCase.size || (byCase.size > 2 && (labelled.length > 0 || areImages));
  if (!isSure || ![...byCase.keys()].every(isCase)) return undefined;
  const [image] = [...images].sort((a, b) => rankOf(a) - rankOf(b) || compareBytes(a.path, b.path));
  const idle = kinds.filter((kind) => kind !== image && !masks.includes(kind));
  return { image, masks, byClass, idle, areNumbered: images.some((kind) => rankOf(kind) === ranks.number) };
}

/**
 * The masks in the folders below a folder of masks, where each is called after an image elsewhere, or its folder, and holds a
 * mask or a file for every class; else undefined.
 * @param namesElsewhere of the files and folders that lie elsewhere, folded and without endings
 */
export function masksOfCases(
  parent: string,
  byCase: ReadonlyMap<string, readonly string[]>,
  namesElsewhere: () => ReadonlySet<string>,
): AlikeCases | undefined {
  if (!isMaskFolder(parent.slice(parent.lastIndexOf("/") + 1)) || byCase.size < 2) return undefined;
  const names = namesElsewhere();
  const isImage = (name: string) => names.has(foldCase(name.normalize("NFC")));
  const kinds = kindsOf(parent, byCase);
  if (!kinds || ![...byCase.keys()].every(isImage)) return undefined;
  if (kinds.some((kind) => isImage(saysOf(kind)))) return undefined;
  const byClass = kinds.length > 1 && areClasses(kinds.map(classOf));
  const isWhole = kinds.length === 1 && kinds[0].files.size > 1;
  return byClass || isWhole ? { masks: kinds, byClass, idle: [], areNumbered: false } : undefined;
}

/** Whether folders that are taken as domains hold files of the same names, as patients do: two of each at least. */
export function lookAlike(parent: string, byCase: ReadonlyMap<string, readonly string[]>): boolean {
  const saysMore = (folder: string) => {
    const words = wordsOf(folder);
    return !isMaskFolder(folder) && !hasImageWord(words) && splitOfWords(words) === undefined;
  };
  if (byCase.size < 3 || ![...byCase.keys()].every(saysMore)) return false;
  const kinds = kindsOf(parent, byCase);
  const isSilent = (kind: Kind) => rankOf(kind) !== ranks.number && !liesWithMasks(kind) && !isMaskName(saysOf(kind));
  const isShared = ({ files }: Kind) => files.size === byCase.size;
  return kinds !== undefined && kinds.length > 1 && kinds.every((kind) => isShared(kind) && isSilent(kind));
}
