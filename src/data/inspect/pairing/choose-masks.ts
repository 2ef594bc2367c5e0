/** Which of the kinds of masks that belong to the same images are used, and how: joined, a class each, readers, or one. */
import { counted } from "../../../core/counted.js";
import { groupBy } from "../../../core/group-by.js";
import { foldCase } from "../../file-patterns.js";
import { hasMaskWord, isAside, namesBackground, namesPart, namesReader, wordsOf } from "../words.js";
import type { FileKeys } from "./file-keys.js";
import { type Family, familyPattern, fileText, unionSize, withoutNumber } from "./mask-families.js";
import { affixWords, extensionOf, sharedStart } from "./stems.js";

/** The words of a family that the others lack, as the name of its class. */
function partName(family: Family, families: readonly Family[]): string {
  const others = families.filter((other) => other !== family);
  const shared = new Set(affixWords(family).filter((word) => others.some((other) => affixWords(other).includes(word))));
  const own = `${family.before} ${family.after}`
    .split(/[^\p{L}\p{N}]+/u)
    .filter((token) => token !== "" && !wordsOf(token).every((word) => shared.has(word)));
  const plain = own.filter((token) => !/^(?:mask|seg|segmentation|label|gt)$/i.test(token));
  return (plain.length > 0 ? plain : own).join(" ").replace(/^[^\p{L}]+/u, "") || "part";
}

type MaskKeys = Omit<FileKeys, "images" | "except">;

interface Chosen {
  readonly keys: MaskKeys;
  readonly used: readonly Family[];
  readonly notes: readonly string[];
}

/** Members of one family that are numbered: joined by a pattern with a star. */
function joinedByStar(group: readonly Family[]): Chosen {
  const [{ before, after }] = group;
  const stem = after.slice(0, withoutNumber({ before, after }).length);
  const shared = sharedStart(group.map((one) => foldCase(one.after.slice(stem.length))));
  const fixed = stem + group[0].after.slice(stem.length, stem.length + shared.replace(/\d+$/, "").length);
  const names = group.flatMap(({ files }) => [...files.values()].map(({ name }) => name));
  const pattern = `${before}{id}${fixed}*${extensionOf(names)}`;
  const further = group.slice(1).reduce((sum, { files }) => sum + files.size, 0);
  const [example] = group[1].files.values();
  return {
    keys: { masks: pattern },
    used: group,
    notes: [
      `${counted(further, "file")} (${example.name}${further > 1 ? " ..." : ""}) ${further > 1 ? "are further masks of their images and are" : "is a further mask of its image and is"} joined with the first`,
    ],
  };
}

function isReader(family: Family): boolean {
  return namesReader(affixWords(family));
}

/** Whether a kind is called a mask and no more, or after a reader: it may show all that there is. */
function isWhole(family: Family): boolean {
  const words = affixWords(family);
  return words.length === 0 || hasMaskWord(words) || isReader(family);
}

/** What is said of a kind that is not used beside the masks: it may be a class of which nothing is known. */
function leftOut(idle: Family, { keys: { masks } }: Chosen, used: readonly Family[]): string {
  const ids = used.flatMap(({ files }) => [...files.keys()]);
  const mayBeClass = !isWhole(idle) && 2 * ids.filter((id) => idle.files.has(id)).length >= ids.length;
  return `${fileText(idle)}: left out, as ${masks} are the masks${mayBeClass ? "; if it shows a class, name both in masksByClass" : ""}`;
}

/** Which of the kinds of masks that were found are used, and how. */
export function choose(families: readonly Family[]): Chosen {
  const isPlain = (family: Family) => !isAside(affixWords(family)) && !namesBackground(affixWords(family));
  const plain = families.filter(isPlain);
  const usable = plain.length > 0 ? plain : families;
  const readers = usable.filter(isReader);
  if (readers.length > 1) return chooseReader(readers, usable);
  const parts = usable.filter((family) => namesPart(affixWords(family)));
  if (parts.length > 1 && new Set(parts.map((one) => partName(one, parts))).size === parts.length)
    return {
      keys: { masksByClass: Object.fromEntries(parts.map((one) => [partName(one, parts), familyPattern(one)])) },
      used: parts,
      notes: [
        `every class has a file of its own (${parts.map((one) => partName(one, parts)).join(", ")}); classes may overlap`,
        ...families
          .filter((one) => !parts.includes(one))
          .map((one) => `${fileText(one)}: left out, as the classes have files of their own`),
      ],
    };
  // A part that is known goes before whatever else has a name: distances, weights, another's first try.
  const sure = parts.length === 1 && usable.every((one) => one === parts[0] || !isWhole(one)) ? parts : usable;
  const groups = [...groupBy(sure, (one) => `${foldCase(one.before)}/${withoutNumber(one)}`).values()];
  const largest = groups.reduce((best, group) => (unionSize(group) > unionSize(best) ? group : best));
  const kind: Chosen =
    largest.length > 1
      ? joinedByStar(largest)
      : { keys: { masks: familyPattern(largest[0]) }, used: largest, notes: [] };
  // Masks of other images, as where two people named theirs differently, are used beside them.
  const covered = new Set(largest.flatMap(({ files }) => [...files.keys()]));
  const others = families.filter((one) => !largest.includes(one));
  const more = others.filter((one) => usable.includes(one) && [...one.files.keys()].every((id) => !covered.has(id)));
  const idle = others.filter((one) => !more.includes(one));
  return {
    keys: { ...kind.keys, ...(more.length > 0 ? { joined: more.map(familyPattern) } : {}) },
    used: [...kind.used, ...more],
    notes: [...kind.notes, ...idle.map((one) => leftOut(one, kind, largest))],
  };
}

function chooseReader(readers: readonly Family[], usable: readonly Family[]): Chosen {
  const ordered = [...readers].sort((a, b) => (foldCase(a.after) < foldCase(b.after) ? -1 : 1));
  const [first, ...rest] = ordered.map(familyPattern);
  return {
    keys: { masks: first, otherReaders: rest },
    used: ordered.slice(0, 1),
    notes: [
      `${counted(readers.length, "reader")} marked the images: ${first} is used, ${rest.join(", ")} ${rest.length > 1 ? "are" : "is"} not (see readers)`,
      ...usable
        .filter((one) => !readers.includes(one))
        .map((one) => `${fileText(one)}: left out, as the readers' masks are there`),
    ],
  };
}
