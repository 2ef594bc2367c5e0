/**
 * What the parts of a path mean: images or masks, domain, split. A path such as `Domain1/train/ROIs/image` has one part
 * with a role; the remaining parts place it.
 */
import { basename } from "node:path";
import { hasImageWord, hasMaskWord, isSilent, remainder, type SplitName, splitOfWords, wordsOf } from "../words.js";
import type { Folder } from "./folders.js";
import type { MaskFolder } from "./mask-folders.js";
import { pairWithin } from "./side-by-side.js";

const imageRole = /^(?:images?|imgs?|photos?|slices)(?:tr|ts)?$/i;

const maskRole = /^(?:masks?|labels?|gts?|ground[ _-]?truths?|annotations?|segmentations?|segs?)(?:tr|ts)?$/i;

/** A folder with what its path says. */
export interface Located {
  readonly folder: Folder;
  readonly role: "image" | "mask" | "plain";
  /** Whether the part with the role says more than the role. */
  readonly loose: boolean;
  /** What it says more: `odoc` of `masks_odoc`. */
  readonly detail: string;
  /** The other parts. */
  readonly rest: readonly string[];
  readonly split: SplitName | "none";
}

/** The parts of a path that are names. */
export function parts(path: string): string[] {
  return path === "" ? [] : path.split("/").filter((part) => part !== "{id}" && part !== "*");
}

/** The split that a part of a path names, by itself or beside a part that differs in this alone. */
export function splitNamer(folders: readonly Folder[]): (part: string) => SplitName | undefined {
  const splits = new Map<string, Set<SplitName>>();
  for (const part of new Set(folders.flatMap(({ key }) => parts(key)))) {
    const split = splitOfWords(wordsOf(part));
    if (split) splits.set(remainder(part), (splits.get(remainder(part)) ?? new Set()).add(split));
  }
  return (part) => {
    const words = wordsOf(part);
    const split = splitOfWords(words);
    const isSure = isSilent(words.filter((word) => word.length > 1 && !/^\d+$/.test(word)));
    return split && (isSure || (splits.get(remainder(part))?.size ?? 0) > 1) ? split : undefined;
  };
}

/** What the path of a folder says. */
export function locate(folder: Folder, splitOf: (part: string) => SplitName | undefined): Located {
  const all = parts(folder.key);
  const splitAmong = (texts: readonly string[]) => texts.map(splitOf).find((split) => split !== undefined) ?? "none";
  for (let i = all.length - 1; i >= 0; i--) {
    const words = wordsOf(all[i].replaceAll("{id}", " "));
    const isMask = maskRole.test(all[i]) || hasMaskWord(words) || /\blesion$/.test(words.join(" "));
    if (!isMask && !imageRole.test(all[i]) && !hasImageWord(words)) continue;
    if (isMask && !maskRole.test(all[i]) && pairWithin(folder.names).pairs > 0) continue;
    const outer = all
      .slice(0, i)
      .filter((part, at) => at !== i - 1 || isMask !== hasMaskWord(wordsOf(part)) || !isMask);
    const rest = [...outer, ...all.slice(i + 1)];
    const own = splitOfWords(words);
    const split = own ?? splitAmong(rest);
    const loose = !(isMask ? maskRole : imageRole).test(all[i]);
    const detail = loose ? remainder(all[i].replaceAll("{id}", "")) : "";
    return { folder, role: isMask ? "mask" : "image", loose, detail, rest, split };
  }
  return { folder, role: "plain", loose: false, detail: "", rest: all, split: splitAmong(all) };
}

/** The folders that share a place. */
export interface Place {
  readonly rest: readonly string[];
  readonly detail: string;
  readonly split: Located["split"];
  readonly images: Folder[];
  readonly masks: MaskFolder[];
  readonly plain: Folder[];
}

/** What tells a place from all others. */
export function keyOf(rest: readonly string[], detail: string, split: string): string {
  return JSON.stringify([...rest, ...(detail === "" ? [] : [detail]), split]);
}

/** The parts of a path that name its domain. */
function domainParts({ rest, detail }: Pick<Place, "rest" | "detail">): string[] {
  const named = rest.flatMap((part) => {
    if (isSilent(wordsOf(part))) return [];
    const split = splitOfWords(wordsOf(part));
    return split ? [remainder(part)].filter((text) => text !== "") : [part];
  });
  return detail === "" ? named : [...named, detail];
}

/** The name of a place's domain; that of the top folder where its path names none. */
export function domainOf(place: Pick<Place, "rest" | "detail">, root: string): string {
  const name = domainParts(place)
    .join("/")
    .normalize("NFC")
    .replace(/[^\p{L}\p{N} ._+/-]/gu, "_")
    .replace(/^[^\p{L}\p{N}]+/u, "");
  return (
    name ||
    basename(root)
      .normalize("NFC")
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-|-$/g, "") ||
    "domain"
  ).slice(0, 80);
}

/** The first part that names a domain; undefined where nothing does. */
export function siteOf(place: Place): string | undefined {
  return domainParts(place)[0];
}

/**
 * Tells whether a folder whose name says nothing holds images of the set. Where no folder is called `images` or
 * `masks`, all do. Beside such folders it may hold previews; but a site that has none of them has its images there.
 */
export function takesPlain(place: Place, named: ReadonlySet<string | undefined>): boolean {
  const site = siteOf(place);
  return named.size === 0 || (site !== undefined && !named.has(site) && !named.has(undefined));
}

/** What the path of a mask folder says that its images' does not. */
export function detailOf(mask: Located, place: Place): string {
  const images = [...place.images, ...place.plain].flatMap(({ key }) => parts(key));
  const own = mask.rest.filter((part) => !images.includes(part) && !isSilent(wordsOf(part)));
  if (own.length > 0 || !mask.loose) return own.join(" ");
  const roles = parts(mask.folder.key).filter((part) => !mask.rest.includes(part));
  // `masks/lesion` is of the class, as `masks/tumour` is.
  if (roles.length > 1 && wordsOf(roles[roles.length - 1]).at(-1) === "lesion") return roles[roles.length - 1];
  return roles.findLast((part) => hasMaskWord(wordsOf(part))) ?? "";
}

/** The lowest folder above both. */
export function sharedPlace(imageFolder: string, maskFolder: string | undefined): string {
  if (maskFolder === undefined || maskFolder === imageFolder) return imageFolder;
  const a = imageFolder.split("/");
  const b = maskFolder.split("/");
  const different = a.findIndex((part, i) => part !== b[i]);
  return (different < 0 ? a : a.slice(0, different)).join("/");
}
