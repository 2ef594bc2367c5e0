/** Masks of one kind: an id with something before or after it, the same for all of them. */
import { counted } from "../../../core/counted.js";
import { foldCase } from "../../file-patterns.js";
import { isMaskName } from "../words.js";
import { type Affix, isBorder, patternOf, type Stem } from "./stems.js";

/** Masks of one kind, with the ids that they belong to, folded, and their files. */
export interface Family extends Affix {
  readonly files: Map<string, Stem>;
}

/** What stands around the longest id within a mask's name. */
function affixIn({ folded, text }: Stem, ids: ReadonlyMap<string, string>): (Affix & { id: string }) | undefined {
  for (let length = folded.length; length > 0; length--) {
    const head = folded.slice(0, length);
    const after = text.slice(length);
    if (ids.has(head) && (after === "" || isBorder(head[length - 1], after[0]) || isMaskName(after)))
      return { id: head, before: "", after };
    const at = folded.length - length;
    const tail = folded.slice(at);
    const before = text.slice(0, at);
    if (ids.has(tail) && (before === "" || isBorder(before[at - 1], tail[0]) || isMaskName(before)))
      return { id: tail, before, after: "" };
  }
  return undefined;
}

/** The masks by what stands around an id in their names, the largest family first. */
export function familiesOf(ids: ReadonlyMap<string, string>, masks: readonly Stem[]): Family[] {
  const families = new Map<string, Family>();
  for (const stem of masks) {
    const found = affixIn(stem, ids);
    if (!found) continue;
    const { before, after, id } = found;
    const key = `${foldCase(before)}/${foldCase(after)}`;
    const family = families.get(key) ?? { before, after, files: new Map<string, Stem>() };
    families.set(key, family);
    family.files.set(id, stem);
  }
  return [...families.values()].sort((a, b) => b.files.size - a.files.size || a.after.length - b.after.length);
}

/** How many images have a mask in any of the families. */
export function unionSize(families: readonly Family[]): number {
  return new Set(families.flatMap(({ files }) => [...files.keys()])).size;
}

/** The pattern of a family's names. */
export function familyPattern(family: Family): string {
  return patternOf(
    family,
    [...family.files.values()].map(({ name }) => name),
  );
}

/** A family's text after the id without its number: `_mask` of `_mask_1`. */
export function withoutNumber({ after }: Affix): string {
  return foldCase(after).replace(/[ _.-]*\(?\d+\)?$/, "");
}

/** How a sentence names a family: its number of files and the first of them. */
export function fileText(family: Family): string {
  const [{ name }] = family.files.values();
  return `${counted(family.files.size, "file")} (${name}${family.files.size > 1 ? " ..." : ""})`;
}

/** How many masks are called after an image only where upper and lower case do not count. */
export function pairsByFold(families: readonly Family[], ids: ReadonlyMap<string, string>): number {
  return families.reduce(
    (sum, { files }) => sum + [...files].filter(([id, { text }]) => !text.includes(ids.get(id) as string)).length,
    0,
  );
}
