/**
 * Folders of DICOM series as cases: each folder that holds one volume is an image, and what was drawn on it its mask. Cases
 * are listed one by one, as no pattern of names tells a folder of slices from another folder.
 */
import { basename, dirname, relative, sep } from "node:path";
import { counted } from "../../../core/counted.js";
import { groupBy } from "../../../core/group-by.js";
import { referencedSeries } from "../../dicom/segmentation-reader.js";
import { type FoundVolume, folderOf } from "../../dicom/series.js";
import { seriesUidOf } from "../../dicom/series-uid.js";
import { compareBytes, withoutEnding } from "../../file-patterns.js";
import { mapLimited } from "../../limited.js";
import { isMaskFolder } from "../pairing/places.js";
import type { DomainInput } from "../splits/split-input.js";

const filesAtOnce = 8;
/** Names of folders that say what lies in them rather than whose it is. */
const imageFolder = /^(?:images?(?:tr|ts)?|dicoms?|dcm|series|scans?|volumes?)$/i;

/** A folder with one volume. */
export interface SeriesFolder {
  /** From the root, with slashes. */
  readonly folder: string;
  readonly volume: FoundVolume;
}

/** Its mask, where it has one. */
interface SeriesCase extends SeriesFolder {
  readonly mask?: string;
}

/** The volumes as folders; undefined where a folder holds several, or slices lie in the root itself. */
export function seriesFolders(root: string, volumes: readonly FoundVolume[]): SeriesFolder[] | undefined {
  const found = volumes.map((volume) => ({ folder: folderOf(volume, root), volume }));
  const sorted = [...found].sort((a, b) => compareBytes(a.folder, b.folder));
  const isAlone = sorted.every(({ folder }, i) => {
    const next = sorted[i + 1]?.folder;
    return folder !== "" && next !== folder && !next?.startsWith(`${folder}/`);
  });
  return isAlone ? sorted : undefined;
}

/** What of a path says whose image it is. */
function saying(parts: readonly string[]): string {
  return parts
    .filter((part) => part !== "" && part !== "." && !imageFolder.test(part) && !isMaskFolder(part))
    .join("/");
}

/** A mask file's image: its folder where the file is called as masks are, else its folder and name. */
function imageOf(file: string): string {
  const stem = withoutEnding(basename(file));
  return saying([...dirname(file).split("/"), ...(isMaskFolder(stem) ? [] : [stem])]);
}

/** Which series segmentations were drawn on, as their headers say; of one that says nothing the one in its folder. */
async function segmentationsBySeries(root: string, segmentations: readonly string[]): Promise<Map<string, string[]>> {
  const named = await mapLimited(segmentations, filesAtOnce, async (path) => {
    const file = relative(root, path).split(sep).join("/");
    const series = await referencedSeries(path);
    return (series.length > 0 ? series : [dirname(file)]).map((key) => ({ key, file }));
  });
  return new Map([...groupBy(named.flat(), ({ key }) => key)].map(([key, all]) => [key, all.map(({ file }) => file)]));
}

/** Pairs folders with segmentations of their series, and where there is none with a label map of their name. */
async function pair(
  root: string,
  folders: readonly SeriesFolder[],
  masks: { readonly segmentations: readonly string[]; readonly files: readonly string[] },
  guesses: string[],
): Promise<SeriesCase[]> {
  const drawn = await segmentationsBySeries(root, masks.segmentations);
  const byName = new Map(masks.files.map((file) => [imageOf(file), file]));
  return mapLimited(folders, filesAtOnce, async ({ folder, volume }) => {
    const uid = await seriesUidOf(volume);
    const [own, ...others] = [...((uid && drawn.get(uid)) || []), ...(drawn.get(folder) ?? [])];
    if (others.length > 0)
      guesses.push(`warning: ${folder} has ${counted(others.length + 1, "segmentation")}; ${own} is its mask`);
    const mask = own ?? byName.get(saying(folder.split("/")));
    return { folder, volume, ...(mask === undefined ? {} : { mask }) };
  });
}

/**
 * Domains of explicit cases. The folders at the top are domains where one of them holds several cases; else all is one.
 * @param masks segmentations anywhere, absolute, and label maps of other formats, from the root
 * @param guesses receives what was understood
 */
export async function seriesDomains(
  root: string,
  name: string,
  folders: readonly SeriesFolder[],
  masks: { readonly segmentations: readonly string[]; readonly files: readonly string[] },
  guesses: string[],
): Promise<DomainInput[]> {
  const cases = await pair(root, folders, masks, guesses);
  const topOf = ({ folder }: SeriesCase) => saying(folder.split("/")).split("/")[0];
  const tops = groupBy(cases, topOf);
  const areDomains = [...tops.values()].some((inside) => inside.length > 1);
  guesses.push(
    areDomains
      ? `the folders at the top are domains: ${[...tops.keys()].join(", ")}; each folder with a DICOM series is a case`
      : "each folder with a DICOM series is a case, all of them of one domain",
  );
  const domains = areDomains ? [...tops] : [[name, cases] as const];
  return domains.map(([domain, own]) => ({
    name: domain,
    train: {
      cases: own.map(({ folder, mask }) => {
        const said = saying(folder.split("/"));
        const id = (areDomains && said !== domain ? said.slice(domain.length + 1) : said).replaceAll("/", "_");
        return { id, image: folder, ...(mask === undefined ? {} : { mask }) };
      }),
    },
  }));
}
