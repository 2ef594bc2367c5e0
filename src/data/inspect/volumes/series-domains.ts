/**
 * Folders of DICOM series as cases: each folder that holds one volume is an image, and what was drawn on it its mask. Cases
 * are listed one by one, as no pattern of names tells a folder of slices from another folder.
 */
import { groupBy } from "../../../core/group-by.js";
import { type ProposedDomains, proposeDomains } from "../splits/splits.js";
import { type SeriesFolder, sayingParts, splitOfFolder } from "./series-folders.js";
import { pairSeries, type SeriesCase, type SeriesMasks } from "./series-masks.js";

/**
 * Domains of explicit cases. The folders at the top are domains where one of them holds several cases; else all is one.
 * @param name    of the only domain
 * @param guesses receives what was understood
 */
export async function seriesDomains(
  root: string,
  name: string,
  folders: readonly SeriesFolder[],
  masks: SeriesMasks,
  guesses: string[],
): Promise<Omit<ProposedDomains, "guesses">> {
  const cases = await pairSeries(root, folders, masks, guesses);
  const topOf = ({ folder }: SeriesCase) => sayingParts(folder)[0] ?? folder;
  const tops = groupBy(cases, topOf);
  const areDomains = [...tops.values()].some((inside) => inside.length > 1);
  guesses.push(
    areDomains
      ? `the folders at the top are domains: ${[...tops.keys()].join(", ")}; each folder with a DICOM series is a case`
      : "each folder with a DICOM series is a case, all of them of one domain",
  );
  const saidId = (folder: string) => {
    const said = sayingParts(folder);
    return (areDomains && said.length > 1 ? said.slice(1) : said).join("_");
  };
  const groups = groupBy(cases, (one) => JSON.stringify([areDomains ? topOf(one) : name, splitOfFolder(one.folder)]));
  const { guesses: told, ...proposed } = proposeDomains(
    [...groups.values()].map((own) => {
      const ids = own.map(({ folder }) => saidId(folder));
      const areIds = !ids.includes("") && new Set(ids).size === ids.length;
      const listed = own.map(({ folder, volume: _, ...masks }, i) => ({
        id: areIds ? ids[i] : folder.replaceAll("/", "_"),
        image: folder,
        ...masks,
      }));
      const domain = areDomains ? topOf(own[0]) : name;
      return { domain, split: splitOfFolder(own[0].folder), place: "", source: { cases: listed } };
    }),
    root,
    new Set(),
  );
  guesses.push(...told);
  return proposed;
}
