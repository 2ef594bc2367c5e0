/** From a BIDS tree to groups of images with masks: which masks, which modality they are of, and which site a domain is. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { counted } from "../../../core/counted.js";
import { groupBy } from "../../../core/group-by.js";
import { sameGrid } from "../../../grid/grid.js";
import { compareBytes } from "../../file-patterns.js";
import type { ImageHeader } from "../../formats/format.js";
import type { ImageGroup } from "../pairing/grouping.js";
import { domainOf } from "../pairing/places.js";
import type { BidsKind, BidsTree } from "./bids.js";

/** Columns of `participants.tsv` that say where someone was scanned, the first that is there. */
const siteColumns = ["site", "site_id", "centre", "center"];

/** What is taken of a tree. */
export interface BidsChoice {
  /** One, or several that may be what the masks were drawn on. */
  readonly modalities: readonly [BidsKind, ...BidsKind[]];
  readonly mask: BidsKind | undefined;
}

function list(kinds: readonly BidsKind[]): string {
  return kinds.map(({ name, tree }) => (tree === "" ? name : `${name} (${tree})`)).join(", ");
}

/** Gives the header of a file by its relative path; nothing where it is broken. */
type HeaderOf = (path: string) => ImageHeader | undefined;

/** Whether all masks lie on a modality's grids. */
function fits(modality: BidsKind, mask: BidsKind, headerOf: HeaderOf): boolean {
  return [...mask.files].every(([id, path]) => {
    const [image, own] = [headerOf(modality.files.get(id) as string), headerOf(path)];
    return !image || !own || sameGrid(image.grid, own.grid);
  });
}

/**
 * Masks and the modality that they are of: the one that all masks have an image of, on their grid. Where several are, all
 * are handed back.
 */
export function chooseKinds({ modalities, masks }: BidsTree, headerOf: HeaderOf, guesses: string[]): BidsChoice {
  const [mask, ...idle] = masks;
  const [usual] = modalities;
  if (idle.length > 0)
    guesses.push(
      `masks are taken from ${list([mask])}; ${list(idle)} ${idle.length > 1 ? "are" : "is"} left out: write another one ` +
        "into masks, or all of them into masksByClass",
    );
  const shared = mask ? modalities.filter(({ files }) => [...mask.files.keys()].every((id) => files.has(id))) : [];
  const fitting = mask ? shared.filter((one) => fits(one, mask, headerOf)) : [];
  const [first, ...others] = fitting.length > 0 ? fitting : shared;
  const named = `images are ${list(modalities)}`;
  if (!first) {
    const why = mask ? "none of them is there for every mask, and most sessions have it" : "most sessions have it";
    if (modalities.length > 1) guesses.push(`${mask ? "warning: " : ""}${named}; ${usual.name} is taken: ${why}`);
    return { modalities: [usual], mask };
  }
  if (others.length === 0 && modalities.length > 1)
    guesses.push(
      `${named}; ${first.name} is taken: ` +
        (shared.length > 1 ? "the masks lie on its grid" : "it is the only one that every mask has an image of"),
    );
  if (others.length > 0) guesses.push(`${named}; which of ${list([first, ...others])} the masks are of, nothing tells`);
  return { modalities: [first, ...others], mask };
}

/** Where participants were scanned, by `sub-...`; empty where no table says it. */
function readSites(root: string): ReadonlyMap<string, string> {
  const path = join(root, "participants.tsv");
  if (!existsSync(path)) return new Map();
  const [header, ...rows] = readFileSync(path, "utf8")
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => line.split("\t").map((cell) => cell.trim()));
  const columns = header.map((name) => name.toLowerCase());
  const column = siteColumns.map((name) => columns.indexOf(name)).find((at) => at >= 0);
  if (column === undefined) return new Map();
  return new Map(rows.flatMap((row) => (row[column] && row[column] !== "n/a" ? [[row[0], row[column]]] : [])));
}

/** A domain's name; a number alone is told to be a site's. */
function siteName(site: string): string {
  const name = domainOf({ rest: [site], detail: "" }, site);
  return /^\d+$/.test(name) ? `site ${name}` : name;
}

/** The groups of what was chosen, a site each. @param guesses receives what is left out and where sites were found */
export function bidsGroups(
  { others }: BidsTree,
  { modalities, mask }: BidsChoice,
  root: string,
  guesses: string[],
): ImageGroup[] {
  const [image] = modalities;
  const ids = [...image.files.keys()].filter((id) => modalities.every(({ files }) => files.has(id))).sort(compareBytes);
  const sites = readSites(root);
  const usual = domainOf({ rest: [], detail: "" }, root);
  const domainOfId = (id: string) => {
    const site = sites.get(id.split("_", 1)[0]);
    return site === undefined ? usual : siteName(site);
  };
  if (sites.size > 0) guesses.push("participants.tsv says where everybody was scanned: each site is a domain");
  if (others > 0)
    guesses.push(`${counted(others, "image")} of other kinds than anatomy, or made of others, are left out`);
  const source = { images: image.pattern, ...(mask ? { masks: mask.pattern } : {}) };
  return [...groupBy(ids, domainOfId)].map(([domain, [first, ...rest]]) => ({
    ...{ domain, split: "none" as const, place: "" },
    source: { ...source, ids: [first, ...rest] },
  }));
}
