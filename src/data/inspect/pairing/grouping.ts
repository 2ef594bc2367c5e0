/**
 * Which folders hold images and which hold their masks. Names propose (places.ts); where they are vague, that the names of
 * files pair decides, and where that is not enough, pixels do.
 */
import { join, posix } from "node:path";
import { withoutEnding } from "../../file-patterns.js";
import type { FolderContent } from "../files/scan.js";
import type { SplitInput } from "../splits/split-input.js";
import type { SplitName } from "../words.js";
import { areSmallCopies, areTwoValued, fieldOfView } from "./evidence.js";
import type { FileKeys } from "./file-keys.js";
import { type Folder, foldersOf } from "./folders.js";
import { type MaskFolder, type Paired, pairWithMasks } from "./mask-folders.js";
import {
  detailOf,
  domainOf,
  keyOf,
  type Located,
  locate,
  type Place,
  parts,
  sharedPlace,
  siteOf,
  splitNamer,
  takesPlain,
} from "./places.js";
import { namedAfterOthers } from "./side-by-side.js";

/** Images that lie together, with the masks that belong to them. */
export interface ImageGroup {
  readonly domain: string;
  /** From a folder's name; `none` where no folder says it. */
  readonly split: SplitName | "none";
  /** Folder of both, relative; lists such as `train.txt` lie here. */
  readonly place: string;
  /** Patterns with the folder, relative to the root. */
  readonly source: FileKeys & Pick<SplitInput, "ids" | "list"> & { images: string };
}

export interface Grouping {
  readonly groups: readonly ImageGroup[];
  /** What was decided on the way, in sentences. */
  readonly guesses: readonly string[];
}

/** Places that a mask folder is compared with, at most. */
const mostCompared = 40;

function sharedParts(a: string, b: string): number {
  const [x, y] = [a.split("/"), b.split("/")];
  const different = x.findIndex((part, i) => part !== y[i]);
  return different < 0 ? x.length : different;
}

/** One search for the groups of a folder. */
class Grouper {
  readonly guesses: string[] = [];
  private readonly places = new Map<string, Place>();

  constructor(private readonly root: string) {}

  private async lookAt(folder: Folder): Promise<string[]> {
    return [...folder.files.values()].map((path) => join(this.root, path));
  }

  private place({ rest, detail, split }: Pick<Located, "rest" | "detail" | "split">): Place {
    const key = keyOf(rest, detail, split);
    const place = this.places.get(key) ?? { rest, detail, split, images: [], masks: [], plain: [] };
    this.places.set(key, place);
    return place;
  }

  /** The images that a mask folder belongs to: at its own place, or else where the names of its files fit best. */
  private imagesOf(mask: Located): Place | undefined {
    const { rest, detail, split, folder } = mask;
    const holdsImages = (place: Place | undefined) => place && place.images.length + place.plain.length > 0;
    const near = [this.places.get(keyOf(rest, detail, split)), this.places.get(keyOf(rest, "", split))].find(
      holdsImages,
    );
    if (near) return near;
    const candidates = [...this.places.values()]
      .filter((place) => holdsImages(place) && (place.split === split || split === "none" || place.split === "none"))
      .map((place) => ({ place, first: [...place.images, ...place.plain][0] }))
      .sort((a, b) => sharedParts(b.first.path, folder.path) - sharedParts(a.first.path, folder.path))
      .slice(0, mostCompared);
    let best: { place: Place; score: number } | undefined;
    for (const { place } of candidates) {
      const names = [...place.images, ...place.plain].flatMap((one) => one.names);
      const { best: paired, source } = pairWithMasks([{ names }], [{ folder, detail: "" }]);
      if (paired.pairs === 0 || 2 * paired.pairs < Math.min(names.length, folder.names.length)) continue;
      // Of places that fit equally well: the one with the same names and not the same numbers alone, then the nearest.
      const isSame = posix.basename(source.images).startsWith("{id}") ? 0.5 : 0;
      const shared = rest.filter((part) => place.rest.includes(part)).length;
      const score = paired.pairs + isSame + shared / (4 * (rest.length + 1));
      if (score > (best?.score ?? 0)) best = { place, score };
    }
    return best?.place;
  }

  async group(content: FolderContent): Promise<ImageGroup[]> {
    const { labelMaps = new Set<string>() } = content;
    const folders = await this.withoutCopies(foldersOf(content.images, labelMaps, this.guesses));
    const splitOf = splitNamer(folders);
    const areLabelMaps = ({ files }: Folder) => [...files.values()].every((path) => labelMaps.has(path));
    const located = folders.map((folder): Located => {
      const one = locate(folder, splitOf);
      return areLabelMaps(folder) ? { ...one, role: "mask" } : one;
    });
    for (const one of located) {
      if (one.role === "image") this.place(one).images.push(one.folder);
      else if (one.role === "plain") this.place(one).plain.push(one.folder);
    }
    const masks = located.filter((one) => one.role === "mask");
    const lonely: Located[] = [];
    for (const mask of masks) {
      const target = this.imagesOf(mask);
      if (!target) lonely.push(mask);
      else target.masks.push({ folder: mask.folder, detail: detailOf(mask, target) });
    }
    for (const mask of lonely) await this.placeLonely(mask);
    await this.pairTwoValued();
    return this.groupPlaces();
  }

  /** Folders of smaller copies, such as thumbnails: of a folder above, or beside one in the same. */
  private async withoutCopies(folders: readonly Folder[]): Promise<Folder[]> {
    const kept: Folder[] = [];
    for (const folder of folders) {
      const near = folders.filter(
        (other) => other !== folder && isNear(folder.path, other.path) && folder.names.length > 1,
      );
      let original: Folder | undefined;
      for (const other of near) {
        const stems = new Map(other.names.map((name) => [stemOf(name), name]));
        const pairs = folder.names.flatMap((name) => {
          const match = stems.get(stemOf(name));
          return match === undefined ? [] : [[this.pathOf(folder, name), this.pathOf(other, match)] as const];
        });
        if (pairs.length < 2 || 10 * pairs.length < 9 * folder.names.length) continue;
        if (await areSmallCopies(pairs)) original = other;
      }
      if (original)
        this.guesses.push(
          `${folder.path}: ${folder.names.length} smaller copies of the images in ${original.path || "the top folder"} are left out`,
        );
      else kept.push(folder);
    }
    return kept;
  }

  private pathOf(folder: Folder, name: string): string {
    return join(this.root, folder.files.get(name) as string);
  }

  /** A mask folder without images: left out, unless only a word in its name said so and its files are pictures. */
  private async placeLonely(mask: Located): Promise<void> {
    const { folder, loose } = mask;
    if (loose && !(await areTwoValued(await this.lookAt(folder)))) {
      const rest = parts(folder.key);
      this.place({ rest, detail: "", split: mask.split }).plain.push(folder);
    } else this.guesses.push(`${folder.path} holds masks without images and is left out`);
  }

  /** Folders of two-valued pictures with the names of another folder's images, whatever they are called. */
  private async pairTwoValued(): Promise<void> {
    for (const place of this.places.values()) {
      if (place.masks.length > 0) continue;
      for (const folder of [...place.plain, ...place.images]) {
        const target = this.partnerOf(folder, place);
        if (!target || !(await areTwoValued(await this.lookAt(folder)))) continue;
        for (const list of [place.plain, place.images]) if (list.includes(folder)) list.splice(list.indexOf(folder), 1);
        if (target.masks.length > 0)
          this.guesses.push(
            `warning: ${folder.path}: holds two-valued pictures with the names of images, as masks do; left out, as other masks are there`,
          );
        else {
          target.masks.push({ folder, detail: "" });
          this.guesses.push(
            `${folder.path}: holds two-valued pictures with the names of the images in ${target.images.concat(target.plain)[0].path || "the top folder"}, and is taken as their masks`,
          );
        }
      }
    }
  }

  /** The place beside this folder whose images nearly all have the names of its files. */
  private partnerOf(folder: Folder, own: Place): Place | undefined {
    const stems = new Set(folder.names.map(stemOf));
    return [...this.places.values()].find((place) => {
      const images = (place.images.length > 0 ? place.images : place.plain).filter((one) => one !== folder);
      const names = images
        .filter((one) => posix.dirname(one.path) === posix.dirname(folder.path) || place === own)
        .flatMap((one) => one.names);
      const shared = names.filter((name) => stems.has(stemOf(name))).length;
      return shared > 1 && 2 * shared >= Math.min(names.length, stems.size);
    });
  }

  private async groupPlaces(): Promise<ImageGroup[]> {
    const named = new Set(
      [...this.places.values()].filter((place) => place.images.length + place.masks.length > 0).map(siteOf),
    );
    const groups: ImageGroup[] = [];
    const details = new Set(
      [...this.places.values()].filter((place) => place.images.length > 0).map((one) => one.detail),
    );
    for (const full of this.places.values()) {
      // What the names of all image folders say besides is no domain's name.
      const place = details.size === 1 ? { ...full, detail: "" } : full;
      const { images, masks, plain } = place;
      const chosen = images.length > 0 ? images : masks.length > 0 || takesPlain(place, named) ? plain : [];
      const idle = chosen === plain ? [] : plain;
      if (idle.length > 0) this.guesses.push(leftOut(idle));
      for (const folder of chosen) groups.push(await this.groupOf(folder, place, named));
    }
    return groups;
  }

  private async groupOf(folder: Folder, place: Place, named: ReadonlySet<string | undefined>): Promise<ImageGroup> {
    const domain = domainOf(place, this.root);
    const masks = await this.withoutViews(place.masks);
    const paired = await this.pair(folder, masks);
    const { source, best } = paired;
    const where = folder.path || "the top folder";
    if (masks.length > 0 && masks.length < place.masks.length)
      this.guesses.push(`masks are taken from ${masks.map((one) => one.folder.path).join(", ")}`);
    this.guesses.push(...paired.notes.map((note) => `${where}: ${note}`));
    if (masks.length > 0 && best.pairs === 0)
      this.guesses.push(`no name in ${masks[0].folder.path} fits a name in ${where}; see dimseg data check`);
    if (best.pairsByFold > 0)
      this.guesses.push(
        `${where}: ${best.pairsByFold} masks are paired with images whose names differ in upper and lower case alone`,
      );
    if (named.size > 0 && place.images.length === 0 && place.masks.length === 0)
      this.guesses.push(
        `${folder.path}: its files lie in no folder called images and are taken as domain ${domain}; remove it if ` +
          "they are no images of the set",
      );
    return { domain, split: place.split, place: sharedPlace(folder.path, masks[0]?.folder.path), source };
  }

  /** Images with their masks; masks beside their images that no word tells are told by their pixels. */
  private async pair(folder: Folder, masks: readonly MaskFolder[]): Promise<Paired> {
    const paired = pairWithMasks([folder], masks);
    if (paired.best.pairs > 0 || masks.length > 0) return paired;
    const inner = namedAfterOthers(folder.names);
    if (inner.length < 2) return paired;
    if (!(await areTwoValued(inner.map((name) => this.pathOf(folder, name))))) return paired;
    const names = new Set(inner);
    const rest = { ...folder, names: folder.names.filter((name) => !names.has(name)) };
    const found = pairWithMasks([rest], [{ folder: { ...folder, names: inner }, detail: "" }]);
    const note = `${inner.length} files (${inner[0]} ...) hold two values and the names of other images, and are taken as their masks`;
    return { ...found, notes: [...found.notes, note] };
  }

  /** Mask folders but for those that show a camera's field of view in place of labels. */
  private async withoutViews(masks: readonly MaskFolder[]): Promise<MaskFolder[]> {
    const kept: MaskFolder[] = [];
    for (const mask of masks) {
      const share = await fieldOfView(await this.lookAt(mask.folder));
      if (share === undefined) kept.push(mask);
      else
        this.guesses.push(
          `${mask.folder.path}: the same area (${(100 * share).toFixed(0)} %) in every image, as a camera's field of view is, ` +
            `and no labels: left out`,
        );
    }
    return kept;
  }
}

function stemOf(name: string): string {
  return withoutEnding(name).normalize("NFC").toLowerCase();
}

/** Whether a folder lies below another one's images or beside it. */
function isNear(path: string, other: string): boolean {
  const parent = posix.dirname(path);
  const outer = other === "" ? "." : other;
  return parent === outer || parent === posix.dirname(other) || path.startsWith(`${other}/`);
}

function leftOut(plain: readonly Folder[]): string {
  const count = plain.reduce((sum, folder) => sum + folder.names.length, 0);
  return `${plain.map((folder) => folder.path || "the top folder").join(", ")}: ${count} files outside an image folder are left out; move them into a folder images to have them`;
}

/** Finds the groups of images in a folder's content. */
export async function groupImages(content: FolderContent, root: string): Promise<Grouping> {
  const grouper = new Grouper(root);
  return { groups: await grouper.group(content), guesses: grouper.guesses };
}
