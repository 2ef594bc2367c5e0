/**
 * Which folders hold images, which hold their masks, and what the other parts of a path mean (domain, split). A path
 * such as `Domain1/train/ROIs/image` has one part with a role; the remaining parts place it.
 */
import { basename, posix } from "node:path";
import { DataError } from "../../core/errors.js";
import { isBareMask, type Pairing, pairFolders, pairWithin } from "./pairing.js";
import type { FolderContent } from "./scan.js";

/** Images that lie together, with the masks that belong to them. */
export interface ImageGroup {
  readonly domain: string;
  /** From a folder's name; `none` where no folder says it. */
  readonly split: "train" | "test" | "validation" | "none";
  /** Folder of both, relative; lists such as `train.txt` lie here. */
  readonly place: string;
  /** Patterns with the folder, relative to the root. */
  readonly images: string;
  readonly masks?: string;
}

export interface Grouping {
  readonly groups: readonly ImageGroup[];
  /** What was decided on the way, in sentences. */
  readonly guesses: readonly string[];
}

const imageRole = /^(?:images?|imgs?|photos?|slices)(tr|ts)?$/i;
const maskRole = /^(?:masks?|labels?|gts?|ground[_-]?truths?|annotations?|segmentations?|segs?)(tr|ts)?([_-].+)?$/i;
/** Whether a folder of that name holds masks by its name, as `masks` or `labelsTr`. */
export function isMaskFolder(name: string): boolean {
  return maskRole.test(name);
}

const trainPart = /^(?:train|training|tr)$/i;
const testPart = /^(?:test|testing|ts)$/i;
const validationPart = /^(?:val|valid|validation)$/i;
/** Parts that say nothing about the domain. */
const silentPart = /^(?:rois?|(?:un)?labell?ed|data)$/i;

interface Located {
  readonly role: "image" | "mask" | "plain";
  /** A mask folder with an ending such as `masks_odoc`: used only where there is no other. */
  readonly alternative: boolean;
  readonly rest: readonly string[];
}

function locate(folder: string): Located {
  const parts = folder === "" ? [] : folder.split("/");
  for (let i = parts.length - 1; i >= 0; i--) {
    const image = imageRole.exec(parts[i]);
    const mask = maskRole.exec(parts[i]);
    const match = image ?? mask;
    if (!match) continue;
    const rest = [...parts.slice(0, i), ...(match[1] ? [match[1]] : []), ...parts.slice(i + 1)];
    return { role: image ? "image" : "mask", alternative: mask?.[2] !== undefined, rest };
  }
  return { role: "plain", alternative: false, rest: parts };
}

/** The folders that share a place: `rest` of their paths. */
interface Place {
  readonly rest: readonly string[];
  readonly images: string[];
  readonly masks: string[];
  readonly alternatives: string[];
  readonly plain: string[];
}

function placesOf(folders: Iterable<string>): Place[] {
  const places = new Map<string, Place>();
  for (const folder of folders) {
    const { role, alternative, rest } = locate(folder);
    const key = rest.join("/");
    const place = places.get(key) ?? { rest, images: [], masks: [], alternatives: [], plain: [] };
    places.set(key, place);
    if (role === "mask") (alternative ? place.alternatives : place.masks).push(folder);
    else (role === "image" ? place.images : place.plain).push(folder);
  }
  return [...places.values()];
}

function splitOf(rest: readonly string[]): ImageGroup["split"] {
  if (rest.some((part) => trainPart.test(part))) return "train";
  if (rest.some((part) => testPart.test(part))) return "test";
  return rest.some((part) => validationPart.test(part)) ? "validation" : "none";
}

/** The parts of a path that name its domain. */
function domainParts(rest: readonly string[]): string[] {
  return rest.filter((part) => ![trainPart, testPart, validationPart, silentPart].some((known) => known.test(part)));
}

function domainOf(rest: readonly string[], root: string): string {
  const name = domainParts(rest)
    .join("/")
    .replace(/[^\p{L}\p{N} ._+/-]/gu, "_")
    .replace(/^[^\p{L}\p{N}]+/u, "");
  return (
    name ||
    basename(root)
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-|-$/g, "") ||
    "domain"
  ).slice(0, 80);
}

/** The first part that names a domain; undefined where nothing does. */
function siteOf(rest: readonly string[]): string | undefined {
  return domainParts(rest)[0];
}

/** The sites that have folders called `images` or `masks`. */
function namedSites(places: readonly Place[]): Set<string | undefined> {
  const named = places.filter((place) => place.images.length + place.masks.length > 0);
  return new Set(named.map((place) => siteOf(place.rest)));
}

/**
 * Tells whether a folder whose name says nothing holds images of the set. Where no folder is called `images` or
 * `masks`, all do. Beside such folders it may hold previews; but a site that has none of them has its images there.
 */
function takesPlain(rest: readonly string[], named: ReadonlySet<string | undefined>): boolean {
  const site = siteOf(rest);
  return named.size === 0 || (site !== undefined && !named.has(site) && !named.has(undefined));
}

function inFolder(folder: string, pattern: string): string {
  return posix.join(folder, pattern);
}

/** Folders that hold one image and one mask are cases, not domains; patterns cannot say that. */
function refuseFolderPerCase(byFolder: ReadonlyMap<string, readonly string[]>, root: string): void {
  if (byFolder.size < 2 || ![...byFolder.values()].every((names) => names.some(isBareMask))) return;
  const [[folder, names]] = byFolder;
  throw new DataError(
    `${root}: every folder is one case (${posix.join(folder, names.find(isBareMask) as string)} and so on); move the ` +
      "files into images/ and masks/ under the name of their case, or write dataset.yaml with cases instead of patterns",
  );
}

/** Finds the groups of images in a folder's content. */
export function groupImages(content: FolderContent, root: string): Grouping {
  const byFolder = new Map<string, string[]>();
  for (const path of content.images) {
    const folder = posix.dirname(path) === "." ? "" : posix.dirname(path);
    const names = byFolder.get(folder);
    if (names) names.push(posix.basename(path));
    else byFolder.set(folder, [posix.basename(path)]);
  }
  refuseFolderPerCase(byFolder, root);
  const guesses: string[] = [];
  const namesIn = (folder: string) => byFolder.get(folder) ?? [];
  const places = placesOf(byFolder.keys());
  const named = namedSites(places);
  const groups: ImageGroup[] = [];
  for (const { rest, images, masks, alternatives, plain } of places) {
    const [maskFolder, ...otherMasks] = [...masks, ...alternatives];
    const imageFolders = images.length > 0 ? images : maskFolder !== undefined || takesPlain(rest, named) ? plain : [];
    if (otherMasks.length > 0) guesses.push(`masks are taken from ${maskFolder}; ${otherMasks.join(", ")} is left out`);
    if (imageFolders.length === 0) guesses.push(leftOut(maskFolder, plain, namesIn));
    for (const folder of imageFolders) {
      const pairing =
        maskFolder === undefined ? pairWithin(namesIn(folder)) : pairFolders(namesIn(folder), namesIn(maskFolder));
      if (maskFolder !== undefined && pairing.pairs === 0)
        guesses.push(`no name in ${maskFolder} fits a name in ${folder || "the top folder"}; see dimseg data check`);
      const shared = { domain: domainOf(rest, root), split: splitOf(rest), place: sharedPlace(folder, maskFolder) };
      if (named.size > 0 && images.length === 0 && maskFolder === undefined)
        guesses.push(
          `${folder}: its files lie in no folder called images and are taken as domain ${shared.domain}; remove it if ` +
            "they are no images of the set",
        );
      groups.push({ ...shared, ...patternsOf(pairing, folder, maskFolder ?? folder) });
    }
  }
  if (new Set(groups.map((group) => group.domain)).size > 64)
    throw new DataError(
      `${root}: holds ${groups.length} folders of images that would each be a domain; ` +
        `if every case has its own folder, write dataset.yaml with cases instead of patterns`,
    );
  return { groups, guesses };
}

function leftOut(
  maskFolder: string | undefined,
  plain: readonly string[],
  namesIn: (folder: string) => string[],
): string {
  if (maskFolder !== undefined) return `${maskFolder} holds masks without images and is left out`;
  const count = plain.reduce((sum, folder) => sum + namesIn(folder).length, 0);
  return `${plain.map((folder) => folder || "the top folder").join(", ")}: ${count} files outside an image folder are left out; move them into a folder images to have them`;
}

/** The lowest folder above both. */
function sharedPlace(imageFolder: string, maskFolder: string | undefined): string {
  if (maskFolder === undefined || maskFolder === imageFolder) return imageFolder;
  const a = imageFolder.split("/");
  const b = maskFolder.split("/");
  const different = a.findIndex((part, i) => part !== b[i]);
  return (different < 0 ? a : a.slice(0, different)).join("/");
}

function patternsOf(pairing: Pairing, imageFolder: string, maskFolder: string): Pick<ImageGroup, "images" | "masks"> {
  const masks = pairing.masks === undefined ? {} : { masks: inFolder(maskFolder, pairing.masks) };
  return { images: inFolder(imageFolder, pairing.images), ...masks };
}
