/**
 * How the names of images and of their masks correspond. An image's id is what its name holds but for words that all
 * names share; a mask's name is an id with something before or after it, the same for all masks of a kind (a family).
 */
import { basename, extname } from "node:path";
import { counted } from "../../core/counted.js";
import { groupBy } from "../../core/group-by.js";
import { foldCase, matchId } from "../file-patterns.js";
import type { DatasetFileInput } from "../schema.js";
import { isAside, isMaskAffix, isMaskName, namesPart, namesReader, wordsOf } from "./words.js";

type SplitInput = NonNullable<DatasetFileInput["domains"][number]["train"]>;

/** The keys of a split that say which files are images and masks; patterns of names. */
export type FileKeys = Pick<SplitInput, "images" | "masks" | "joined" | "masksByClass" | "otherReaders" | "except">;

export interface Pairing {
  readonly keys: FileKeys & { images: string };
  /** How many images have a mask. */
  readonly pairs: number;
  /** How many of them only where upper and lower case do not count. */
  readonly pairsByFold: number;
  /** What was decided, in sentences that begin with a file's name or a number. */
  readonly notes: readonly string[];
}

/** A name as it is compared, beside its own letters: both of the same length. */
interface Stem {
  readonly name: string;
  readonly text: string;
  readonly folded: string;
}

function stemsOf(names: readonly string[]): Stem[] {
  return names.map((name) => {
    const text = name.slice(0, name.length - extname(name).length).normalize("NFC");
    return { name, text, folded: foldCase(text) };
  });
}

/** What stands before and after the id, in the letters of the first name that has it. */
interface Affix {
  readonly before: string;
  readonly after: string;
}

/** Masks of one kind, with the ids that they belong to, folded, and their files. */
interface Family extends Affix {
  readonly files: Map<string, Stem>;
}

function sharedStart(texts: readonly string[]): string {
  let length = texts[0]?.length ?? 0;
  for (const text of texts) {
    let i = 0;
    while (i < length && text[i] === texts[0][i]) i++;
    length = i;
  }
  return texts[0]?.slice(0, length) ?? "";
}

function reversed(text: string): string {
  return [...text].reverse().join("");
}

/** What all names begin and end with; a number is not cut in two. */
function sharedAffix(stems: readonly Stem[]): Affix {
  if (stems.length < 2) return { before: "", after: "" };
  const folded = stems.map((stem) => stem.folded);
  const before = sharedStart(folded).replace(/\d+$/, "");
  const after = reversed(sharedStart(folded.map(reversed))).replace(/^\d+/, "");
  const { text } = stems[0];
  return { before: text.slice(0, before.length), after: text.slice(text.length - after.length) };
}

const imageAffixes: readonly Affix[] = ["image", "img"].flatMap((word) => [
  { before: `${word}_`, after: "" },
  { before: "", after: `_${word}` },
  { before: `${word}-`, after: "" },
  { before: "", after: `-${word}` },
  { before: word, after: "" },
]);

/** nnU-Net appends the number of the channel to the names of images. */
const channel: Affix = { before: "", after: "_0000" };

/** The ids of images by their folded form, with the names they come from. */
function idsUnder({ before, after }: Affix, stems: readonly Stem[]): Map<string, string> {
  const [start, end] = [foldCase(before), foldCase(after)];
  const ids = new Map<string, string>();
  for (const { folded, text } of stems)
    if (folded.length > start.length + end.length && folded.startsWith(start) && folded.endsWith(end))
      ids.set(
        folded.slice(start.length, folded.length - end.length),
        text.slice(start.length, text.length - end.length),
      );
  return ids;
}

const digit = /\p{N}/u;
const letter = /\p{L}/u;

/** Whether an id may end or begin between two characters: not within a number or a word. */
function isBorder(left: string, right: string): boolean {
  return !(digit.test(left) && digit.test(right)) && !(letter.test(left) && letter.test(right));
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

function familiesOf(ids: ReadonlyMap<string, string>, masks: readonly Stem[]): Family[] {
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

function affixWords({ before, after }: Affix): string[] {
  return [...wordsOf(before), ...wordsOf(after)];
}

function unionSize(families: readonly Family[]): number {
  return new Set(families.flatMap(({ files }) => [...files.keys()])).size;
}

/** The extension that all names share, else the pattern for any image. */
function extensionOf(names: readonly string[]): string {
  const extensions = new Set(names.map((name) => extname(name).toLowerCase()));
  return extensions.size === 1 ? extname(names[0]) : ".*";
}

/** Braces and stars have a meaning in patterns: a name that holds them cannot be told by one. */
function patternOf({ before, after }: Affix, names: readonly string[]): string {
  return `${before}{id}${after}${extensionOf(names)}`;
}

function familyPattern(family: Family): string {
  return patternOf(
    family,
    [...family.files.values()].map(({ name }) => name),
  );
}

/** A family's text after the id without its number: `_mask` of `_mask_1`. */
function withoutNumber({ after }: Affix): string {
  return foldCase(after).replace(/[ _.-]*\(?\d+\)?$/, "");
}

function fileText(family: Family): string {
  const [{ name }] = family.files.values();
  return `${counted(family.files.size, "file")} (${name}${family.files.size > 1 ? " ..." : ""})`;
}

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

/** Which of the kinds of masks that were found are used, and how. */
function choose(families: readonly Family[]): Chosen {
  const plain = families.filter((family) => !isAside(affixWords(family)));
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
      ],
    };
  const groups = [...groupBy(usable, (one) => `${foldCase(one.before)}/${withoutNumber(one)}`).values()];
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
    notes: [...kind.notes, ...idle.map((one) => `${fileText(one)}: left out, as ${kind.keys.masks} are the masks`)],
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

function pairsByFold(families: readonly Family[], ids: ReadonlyMap<string, string>): number {
  return families.reduce(
    (sum, { files }) => sum + [...files].filter(([id, { text }]) => !text.includes(ids.get(id) as string)).length,
    0,
  );
}

/** More channels than scanners and stains give; longer series of numbers are slices or frames. */
const mostChannels = 6;

/**
 * Further channels of nnU-Net's images: numbered from _0000 alike for most images, of which there are several, and with
 * masks, if any, that are named after the image. Other numbers count slices, frames or cases.
 */
function channelsOf(stems: readonly Stem[], masks: readonly Stem[]): Stem[] {
  const numbered = stems.flatMap((stem) => {
    const found = /^(.+)_(\d{4})$/.exec(stem.folded);
    return found ? [{ stem, id: found[1], number: Number(found[2]) }] : [];
  });
  const series = [...groupBy(numbered, ({ id }) => id).values()].map((files) => files.map(({ number }) => number));
  const most = Math.max(...series.map((numbers) => numbers.length));
  const alike =
    series.length > 1 &&
    most <= mostChannels &&
    series.every((numbers) => numbers.includes(0) && numbers.every((number) => number < most)) &&
    2 * series.filter((numbers) => numbers.length === most).length >= series.length;
  const further = numbered.filter(({ number }) => number > 0);
  const maskNames = new Set(masks.map(({ folded }) => folded));
  return alike && !further.some(({ stem }) => maskNames.has(stem.folded)) ? further.map(({ stem }) => stem) : [];
}

function channelNote(channels: readonly Stem[]): string[] {
  if (channels.length === 0) return [];
  const one = channels.length === 1;
  return [
    `${counted(channels.length, "file")} (${channels[0].name}${one ? "" : " ..."}) ${one ? "is a further channel" : "are further channels"} (nnU-Net) and ${one ? "is" : "are"} not used`,
  ];
}

/** Files that are named after an image and are neither image nor mask, such as its superpixels. */
function companionsOf(stems: readonly Stem[]): Family[] {
  const ids = new Map(stems.map(({ folded, text }) => [folded, text]));
  const families = new Map<string, Family>();
  for (const stem of stems) {
    if (!isAside(wordsOf(stem.text).slice(-1))) continue;
    const cut = /^(.*[^\p{L}\p{N}])?(\p{L}+)$/u.exec(stem.text)?.[2].length ?? 0;
    const after = stem.text.slice(stem.text.length - cut - 1);
    const id = stem.folded.slice(0, stem.folded.length - after.length);
    if (cut === 0 || !ids.has(id)) continue;
    const family = families.get(after) ?? { before: "", after, files: new Map<string, Stem>() };
    families.set(after, family);
    family.files.set(id, stem);
  }
  return [...families.values()];
}

function imageCandidates(stems: readonly Stem[], hasChannels: boolean): Affix[] {
  if (hasChannels) return [channel];
  const { before, after } = sharedAffix(stems);
  return [
    { before: "", after: "" },
    ...imageAffixes,
    channel,
    { before, after: "" },
    { before: "", after },
    { before, after },
  ];
}

/**
 * Pairs the file names of an image folder with those of a mask folder. Where nothing fits, equal names are expected
 * all the same, so that a check of the data set names the files that miss each other.
 */
export function pairFolders(imageNames: readonly string[], maskNames: readonly string[]): Pairing {
  const all = stemsOf(imageNames);
  const masks = stemsOf(maskNames);
  const channels = channelsOf(all, masks);
  const companions = companionsOf(all);
  const aside = new Set([...channels, ...companions.flatMap(({ files }) => [...files.values()])]);
  const images = all.filter((stem) => !aside.has(stem));
  let best: { affix: Affix; ids: Map<string, string>; families: Family[]; pairs: number } | undefined;
  for (const affix of imageCandidates(images, channels.length > 0)) {
    const ids = idsUnder(affix, images);
    if (ids.size === 0) continue;
    const families = masks.length === 0 ? [] : familiesOf(ids, masks);
    const pairs = unionSize(families);
    if (!best || pairs > best.pairs) best = { affix, ids, families, pairs };
    if (pairs === images.length) break;
  }
  const affix = best?.affix ?? { before: "", after: "" };
  const used = images.filter(
    ({ folded }) => folded.startsWith(foldCase(affix.before)) && folded.endsWith(foldCase(affix.after)),
  );
  const except = companions.map(familyPattern);
  const shared = {
    images: patternOf(
      affix,
      (used.length > 0 ? used : all).map(({ name }) => name),
    ),
    ...(except.length > 0 ? { except } : {}),
  };
  const notes = [
    ...channelNote(channels),
    ...companions.map((one) => `${fileText(one)}: neither images nor masks, left out`),
  ];
  if (!best || best.pairs === 0)
    return {
      keys: { ...shared, ...(masks.length > 0 ? { masks: patternOf({ before: "", after: "" }, maskNames) } : {}) },
      ...{ pairs: 0, pairsByFold: 0, notes },
    };
  const chosen = choose(best.families);
  return {
    keys: { ...shared, ...chosen.keys },
    pairs: unionSize(chosen.used),
    pairsByFold: pairsByFold(chosen.used, best.ids),
    notes: [...notes, ...chosen.notes],
  };
}

/** Whether a file is called `mask.png` or the like, so that its folder and not its name says which case it is. */
export function isBareMask(name: string): boolean {
  const words = wordsOf(basename(name, extname(name)));
  return words.length === 1 && isMaskName(words[0]);
}

/** The files that are named as another one in their folder with a text before or after that, the same for all. */
export function namedAfterOthers(names: readonly string[]): string[] {
  const stems = stemsOf(names);
  const ids = new Set(stems.map(({ folded }) => folded));
  const families = new Map<string, string[]>();
  for (const { name, folded } of stems)
    for (let length = folded.length - 1; length > 0; length--) {
      const [head, tail] = [folded.slice(0, length), folded.slice(folded.length - length)];
      const after = folded.slice(length);
      const before = folded.slice(0, folded.length - length);
      const affix = ids.has(head) && isBorder(head[length - 1], after[0]) ? `*${after}` : undefined;
      const found = affix ?? (ids.has(tail) && isBorder(before[before.length - 1], tail[0]) ? `${before}*` : undefined);
      if (found === undefined) continue;
      families.set(found, [...(families.get(found) ?? []), name]);
      break;
    }
  const largest = [...families.values()].reduce<string[]>((best, one) => (one.length > best.length ? one : best), []);
  return 3 * largest.length >= names.length ? largest : [];
}

/** The files of a folder that are masks of others in it by their names. */
function masksAmong(stems: readonly Stem[]): Set<Stem> {
  const ids = new Set(stems.map(({ folded }) => folded));
  const masks = new Set(stems.filter(({ text }) => isMaskName(text)));
  for (const stem of stems) {
    if (masks.has(stem)) continue;
    // x_disc beside x: the longest shorter name that it begins with.
    for (let length = stem.folded.length - 1; length > 0; length--) {
      const head = stem.folded.slice(0, length);
      if (!ids.has(head) || !isBorder(head[length - 1], stem.folded[length])) continue;
      if (isMaskAffix(stem.text.slice(length))) masks.add(stem);
      break;
    }
  }
  return masks.size === stems.length ? new Set() : masks;
}

/** Pairs file names of one folder that holds images and masks side by side. */
export function pairWithin(names: readonly string[]): Pairing {
  const stems = stemsOf(names);
  const masks = masksAmong(stems);
  const images = stems.filter((stem) => !masks.has(stem)).map(({ name }) => name);
  const maskNames = [...masks].map(({ name }) => name);
  const found = pairFolders(images, maskNames);
  // Where no mask finds an image, words such as "label" in names mean something else.
  return found.pairs > 0 ? keepFromImages(found, maskNames) : pairFolders(names, []);
}

/** Names every mask that no pattern of masks covers among the exceptions, so that none of them becomes an image. */
function keepFromImages(found: Pairing, maskNames: readonly string[]): Pairing {
  const { images, masks, joined = [], masksByClass = {}, otherReaders = [], except = [] } = found.keys;
  const patterns = [...(masks ? [masks] : []), ...joined, ...Object.values(masksByClass), ...otherReaders, ...except];
  const open = maskNames.filter((name) => patterns.every((pattern) => matchId(name, pattern) === undefined));
  const ids = open.flatMap((name) => matchId(name, images) ?? []);
  if (ids.length === 0) return found;
  const one = ids.length === 1;
  const note = `${counted(ids.length, "file")} (${open[0]}${one ? "" : " ..."}) ${one ? "is" : "are"} named as masks and left out, as ${one ? "it finds no image or is" : "they find no image or are"} of another kind`;
  return { ...found, keys: { ...found.keys, except: [...except, ...ids] }, notes: [...found.notes, note] };
}
