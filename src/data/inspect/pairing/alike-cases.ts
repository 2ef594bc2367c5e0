/**
 * Folders of cases whose files are called alike in all of them and not after their case: `p0/t2.nii.gz`, `p0/seg.nii.gz`,
 * `p1/t2.nii.gz`. One kind of file is the image, those called as masks are its masks; cases without masks count too.
 */
import { compareBytes, foldCase, withoutEnding } from "../../file-patterns.js";
import { hasImageWord, isMaskName, isModality, wordsOf } from "../words.js";

/** Files of all cases that are called alike. */
interface Kind {
  /** Their path from the folder above the cases, without ending, with `{id}` for the name of the case. */
  readonly path: string;
  /** By case. */
  readonly files: ReadonlyMap<string, string>;
}

/** The cases of a folder. */
export interface AlikeCases {
  readonly image: Kind;
  readonly masks: readonly Kind[];
  /** Further kinds, that are neither. */
  readonly idle: readonly Kind[];
  /** Whether images are numbered, so that the folders may as well be sites with numbered cases. */
  readonly areNumbered: boolean;
}

/** A part of a path with the name of the case replaced. */
export function withId(part: string, id: string, by: string): string {
  const at = foldCase(part.normalize("NFC")).indexOf(foldCase(id.normalize("NFC")));
  return at < 0 ? part : `${part.slice(0, at)}${by}${part.slice(at + id.length)}`;
}

/** What the name of a kind's files says beside the name of the case. */
function saysOf({ path }: Kind): string {
  return path.slice(path.lastIndexOf("/") + 1).replaceAll("{id}", "");
}

function isMask(kind: Kind): boolean {
  return isMaskName(saysOf(kind));
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
    return 1;
  return words.some((word) => /\p{N}/u.test(word)) ? ranks.number : ranks.word;
}

/** The files of cases by kinds; undefined where a case has two of one. @param depth parts of the folder above the cases */
function kindsOf(depth: number, byCase: ReadonlyMap<string, readonly string[]>): Kind[] | undefined {
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
 * need a mask, as they may be sites.
 * @param parent of the cases
 * @param byCase paths below it, by the name of the folder
 * @param known  kinds that cases elsewhere have: a single folder with no others is a case, too
 */
export function alikeCases(
  parent: string,
  byCase: ReadonlyMap<string, readonly string[]>,
  known?: ReadonlySet<string>,
): AlikeCases | undefined {
  const kinds = kindsOf(parent === "" ? 0 : parent.split("/").length, byCase);
  if (!kinds || (known ? !kinds.every(({ path }) => known.has(path)) : byCase.size < 2)) return undefined;
  const isShared = ({ files }: Kind) => 2 * files.size >= byCase.size && (known !== undefined || files.size > 1);
  const masks = kinds.filter(isMask);
  const images = kinds.filter((kind) => isShared(kind) && !isMask(kind));
  const isCase = (id: string) => images.some(({ files }) => files.has(id));
  const labelled = [...byCase.keys()].filter((id) => masks.some(({ files }) => files.has(id)));
  const isSure = labelled.length === byCase.size || (byCase.size > 2 && labelled.length > 0);
  if (!isSure || ![...byCase.keys()].every(isCase)) return undefined;
  const [image] = [...images].sort((a, b) => rankOf(a) - rankOf(b) || compareBytes(a.path, b.path));
  const idle = kinds.filter((kind) => kind !== image && !masks.includes(kind));
  return { image, masks, idle, areNumbered: images.some((kind) => rankOf(kind) === ranks.number) };
}
