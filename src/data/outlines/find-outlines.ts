/** The outlines in a folder, with the images that they were drawn on. */
import { readdirSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { DataError } from "../../core/errors.js";
import { groupBy } from "../../core/group-by.js";
import { compareBytes } from "../file-patterns.js";
import { scanFolder } from "../inspect/files/scan.js";
import { contentOf } from "./content.js";
import type { OutlinedImage } from "./outlined.js";
import { outlineFormatNames, outlineFormatOf } from "./registry.js";

/** An image with what was drawn on it; paths are relative to the folder, with slashes. */
export interface FoundOutlines extends OutlinedImage {
  readonly image: string;
  /** The file of outlines. */
  readonly source: string;
}

/** What a folder holds. */
export interface OutlinesInFolder {
  /** All images, in byte order. */
  readonly images: readonly string[];
  readonly outlined: readonly FoundOutlines[];
  /** Images that files of outlines name and that are not there. */
  readonly missing: readonly { readonly name: string; readonly source: string }[];
}

/** Finds images by what files of outlines call them: from the file's own folder, from one called images in it, or by name. */
class Images {
  private readonly byName: ReadonlyMap<string, readonly string[]>;
  private readonly all: ReadonlySet<string>;

  constructor(images: readonly string[]) {
    this.all = new Set(images);
    this.byName = groupBy(images, (path) => posix.basename(path));
  }

  find(name: string, source: string): string | undefined {
    const folder = posix.dirname(source);
    const places = [posix.join(folder, name), posix.join(folder, "images", name), posix.normalize(name)];
    const direct = places.find((path) => this.all.has(path));
    if (direct !== undefined) return direct;
    const alike = this.byName.get(posix.basename(name)) ?? [];
    return alike.length === 1 ? alike[0] : undefined;
  }
}

/**
 * Looks for outlines in all JSON files of a folder and below it.
 * @throws DataError when there are none, or a file is not as its format has it
 */
export function findOutlines(folder: string): OutlinesInFolder {
  const { images } = scanFolder(folder);
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.toLowerCase().endsWith(".json"))
    .map((path) => path.split(sep).join("/"))
    .sort(compareBytes);
  const index = new Images(images);
  const outlined: FoundOutlines[] = [];
  const missing: { name: string; source: string }[] = [];
  for (const source of sources) {
    const file = join(folder, source);
    const content = contentOf(file);
    const format = outlineFormatOf(content);
    if (!format) continue;
    for (const one of format.read(content as object, file)) {
      const image = index.find(one.name, source);
      if (image === undefined) missing.push({ name: one.name, source });
      else outlined.push({ ...one, image, source });
    }
  }
  if (outlined.length === 0 && missing.length === 0)
    throw new DataError(
      `${folder}: holds no outlines; ${outlineFormatNames()} files (.json) are read, so export them in one of these formats`,
    );
  return { images, outlined, missing };
}
