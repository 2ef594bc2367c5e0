/** From the folders of masks that belong to an image folder to what is used of them: all joined, a class each, or one. */
import { posix } from "node:path";
import { backgroundNote, hasMaskWord, isByHand, namesBackground, namesPart, namesReader, wordsOf } from "../words.js";
import type { FileKeys } from "./file-keys.js";
import type { Folder } from "./folders.js";
import { type Pairing, pairFolders } from "./pairing.js";
import { pairWithin } from "./side-by-side.js";

/** A folder of masks, with what its path says beside that: `1st_manual`, `left`, `1. Microaneurysms`. */
export interface MaskFolder {
  readonly folder: Folder;
  readonly detail: string;
}

/** Images with what is used as their masks. */
export interface Paired {
  readonly source: FileKeys & { images: string };
  readonly best: Pick<Pairing, "pairs" | "pairsByFold">;
  readonly notes: readonly string[];
}

type ImageFolder = Pick<Folder, "names"> & Partial<Pick<Folder, "path" | "fileName">>;

/** A pattern of names as one of paths. */
function inFolder({ path = "", fileName }: Pick<ImageFolder, "path" | "fileName">, pattern: string): string {
  return posix.join(path, fileName ?? pattern);
}

function maskKeys({ keys }: Pairing, folder: Folder): Omit<FileKeys, "images" | "except"> {
  const inside = (pattern: string) => inFolder(folder, pattern);
  const { masks, joined, masksByClass, otherReaders } = keys;
  return {
    ...(masks ? { masks: inside(masks) } : {}),
    ...(joined ? { joined: joined.map(inside) } : {}),
    ...(masksByClass ? { masksByClass: mapValues(masksByClass, inside) } : {}),
    ...(otherReaders
      ? { otherReaders: otherReaders.map((one) => (typeof one === "string" ? inside(one) : mapValues(one, inside))) }
      : {}),
  };
}

function mapValues(record: Readonly<Record<string, string>>, map: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

interface FoundMasks {
  readonly mask: MaskFolder;
  readonly words: readonly string[];
  readonly pairing: Pairing;
}

/** The name of a class from what a folder's path says: `Microaneurysms` of `1. Microaneurysms`. */
function className({ mask: { detail } }: FoundMasks): string {
  const words = detail.replace(/[^\p{L}\p{N} +-]+/gu, " ").trim();
  return words.replace(/^(?:[\p{N}\s]+)/u, "").slice(0, 80) || "part";
}

function withoutSide(words: readonly string[]): string {
  return words.filter((word) => word !== "left" && word !== "right").join(" ");
}

/** Which mask folder is asked first: masks by hand, then other names of labels, then `mask`, then single objects. */
function rank({ words, mask }: FoundMasks): number {
  if (words.includes("object") || words.includes("instance") || words.includes("instances")) return 3;
  if (isByHand(words) || namesReader(words)) return 0;
  const name = wordsOf(posix.basename(mask.folder.key));
  return mask.detail === "" || words.length === 0 || hasMaskWord(name.slice(0, 1)) ? (mask.detail === "" ? 1 : 2) : 2;
}

function list(found: readonly FoundMasks[]): string {
  return found.map(({ mask }) => mask.folder.path).join(", ");
}

interface Combined {
  readonly keys: Omit<FileKeys, "images" | "except">;
  readonly pairs: number;
  readonly notes: readonly string[];
}

function combine(found: readonly FoundMasks[]): Combined {
  const [first, ...rest] = found;
  const keys = (one: FoundMasks) => maskKeys(one.pairing, one.mask.folder);
  const pairs = Math.max(...found.map(({ pairing }) => pairing.pairs));
  const patterns = found.map((one) => keys(one).masks);
  const isSimple = patterns.every((pattern) => pattern !== undefined);
  const classes = found.map(({ mask }) => mask.folder.className);
  if (isSimple && classes.every((one) => one !== undefined))
    return {
      keys: { masksByClass: Object.fromEntries(classes.map((name, i) => [name, patterns[i] as string])) },
      ...{ pairs, notes: ["every class has a file of its own; classes may overlap"] },
    };
  if (rest.length === 0) return { keys: keys(first), pairs, notes: [] };
  const sides = found.every(({ words }) => words.includes("left") || words.includes("right"));
  if (isSimple && sides && new Set(found.map(({ words }) => withoutSide(words))).size === 1)
    return {
      keys: { masks: patterns[0] as string, joined: patterns.slice(1) as string[] },
      ...{ pairs, notes: [`left and right lie in files of their own (${list(found)}) and are joined`] },
    };
  const names = found.map(className);
  if (isSimple && found.every(({ words }) => namesPart(words)) && new Set(names).size === names.length)
    return {
      keys: { masksByClass: Object.fromEntries(names.map((name, i) => [name, patterns[i] as string])) },
      ...{ pairs, notes: [`every class has a folder of its own (${names.join(", ")}); classes may overlap`] },
    };
  const ordered = [...found].sort((a, b) => rank(a) - rank(b));
  const [used, ...idle] = ordered;
  const own = keys(used);
  const asOwn = (one: FoundMasks) => (own.masksByClass ? keys(one).masksByClass : keys(one).masks);
  const isReader = (one: FoundMasks) => namesReader(one.words) && asOwn(one) !== undefined;
  const readers = namesReader(used.words) ? idle.filter(isReader) : [];
  const others = idle.filter((one) => !readers.includes(one));
  const more = [...(own.otherReaders ?? []), ...readers.map((one) => asOwn(one) as string | Record<string, string>)];
  return {
    keys: { ...own, ...(more.length > 0 ? { otherReaders: more } : {}) },
    pairs: used.pairing.pairs,
    notes: [
      ...(readers.length > 0
        ? [`several readers marked the images: ${list([used])} is used, ${list(readers)} is not (see readers)`]
        : []),
      ...(others.length > 0 ? [`masks are taken from ${list([used])}; ${list(others)} is left out`] : []),
    ],
  };
}

/**
 * The keys of a split for an image folder and the mask folders that belong to it; without any, its own files are looked
 * through for masks.
 * @param images one folder; of several the names alone are compared
 */
export function pairWithMasks(images: readonly ImageFolder[], masks: readonly MaskFolder[]): Paired {
  const [folder] = images;
  const names = images.flatMap((one) => one.names);
  const image = (pairing: Pairing) => ({
    images: inFolder(folder, pairing.keys.images),
    ...(pairing.keys.furtherChannels
      ? { furtherChannels: pairing.keys.furtherChannels.map((one) => inFolder(folder, one)) }
      : {}),
    ...(pairing.keys.except
      ? { except: pairing.keys.except.map((one) => (one.includes("{id}") ? inFolder(folder, one) : one)) }
      : {}),
  });
  if (masks.length === 0) {
    const own = pairWithin(names);
    const keys = maskKeys(own, { ...folder, path: folder.path ?? "" } as Folder);
    return { source: { ...image(own), ...keys }, best: own, notes: own.notes };
  }
  const tried = masks.map((mask) => ({
    mask,
    words: wordsOf(mask.detail),
    pairing: pairFolders(names, mask.folder.names),
  }));
  const fitting = tried.filter(({ pairing }) => pairing.pairs > 0);
  const best = (fitting.length > 0 ? fitting : tried).reduce((a, b) => (b.pairing.pairs > a.pairing.pairs ? b : a));
  // Patterns of one split share the images': a folder that would need others is left out.
  const found = (fitting.length > 0 ? fitting : tried).filter(
    ({ pairing }) => pairing.keys.images === best.pairing.keys.images,
  );
  const isBackground = ({ words, mask }: FoundMasks) =>
    namesBackground(mask.folder.className === undefined ? words : wordsOf(mask.folder.className));
  const objects = found.filter((one) => !isBackground(one));
  const used = objects.length > 0 ? objects : found;
  const combined = combine(used);
  const notes = [
    ...used.flatMap(({ pairing }) => pairing.notes),
    ...combined.notes,
    ...found
      .filter((one) => !used.includes(one))
      .map(({ mask: { folder } }) => backgroundNote(posix.join(folder.path, folder.fileName ?? ""))),
  ];
  const { pairsByFold } = used[0].pairing;
  const source = { ...image(best.pairing), ...combined.keys };
  return { source, best: { pairs: combined.pairs, pairsByFold }, notes: [...new Set(notes)] };
}
