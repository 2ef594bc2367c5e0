/**
 * Numbers that others published under the mixed-domain protocol with one labelled domain, to stand beside our own.
 * Copied from the papers; nothing here was computed by us. The authors of DiM published no numbers that could be read,
 * and neither Mean Teacher nor CPS were found under this protocol.
 */
import { UsageError } from "../core/errors.js";

/** One published row; overlaps in percent, distances in pixels, `null` where nothing was published. */
export interface PublishedRow {
  method: string;
  labelled: number;
  /** Dice with the labels from each of the table's domains: one value for each part. */
  byLabelledDomain: readonly (readonly number[])[] | null;
  /** Averages over the choices of the labelled domain. */
  dice: number;
  jaccard: number | null;
  hd95: number | null;
  asd: number | null;
  source: string;
}

export interface PublishedTable {
  title: string;
  /** The parts that the numbers are of, in the order of the values of `byLabelledDomain`, each with all names it goes by. */
  parts: readonly (readonly string[])[];
  /** The labelled domains in the order of `byLabelledDomain`, each with all names it goes by, lower case. */
  labelledDomains: readonly (readonly string[])[];
  protocol: string;
  rows: readonly PublishedRow[];
}

const midss = "Ma et al., CVPR 2024, supplement";
const synfoc = "Ma et al., SynFoC";

/** "cup/disc cup/disc ...": one pair for each labelled domain. */
function dice(text: string): number[][] {
  return text.split(" ").map((pair) => pair.split("/").map(Number));
}

function row(
  method: string,
  labelled: number,
  byDomain: string | null,
  averages: readonly (number | null)[],
  source: string,
): PublishedRow {
  const [average, jaccard = null, hd95 = null, asd = null] = averages;
  const byLabelledDomain = byDomain === null ? null : dice(byDomain);
  return { method, labelled, byLabelledDomain, dice: average as number, jaccard, hd95, asd, source };
}

const rule =
  "the checkpoint is the one with the best student Dice on the test sets, means are over the test sets of all domains";

const fundus: PublishedTable = {
  title: "Fundus, optic cup and disc",
  parts: [
    ["cup", "optic cup", "oc"],
    ["disc", "disk", "optic disc", "optic disk", "od"],
  ],
  labelledDomains: [
    ["domain1", "d1", "drishti-gs", "drishti"],
    ["domain2", "d2", "rim-one r3", "rim-one", "rimone"],
    ["domain3", "d3", "refuge-train", "refuge train"],
    ["domain4", "d4", "refuge-val", "refuge val"],
  ],
  protocol: `U-Net of width 64, 256 x 256 pixels, 30,000 steps, 20 labelled images and no validation split; ${rule}`,
  rows: [
    row("U-Net, supervised", 20, "59.54/73.89 71.28/74.23 50.87/64.29 35.61/63.30", [61.63, 52.65, 48.28], synfoc),
    row("UA-MT", 20, "59.35/78.46 63.08/74.45 35.24/47.73 36.18/55.43", [56.24, 47.0, 48.64], synfoc),
    row("FixMatch", 20, "81.18/91.29 72.04/87.60 80.41/92.95 74.58/87.07", [83.39, 73.48, 11.77, 5.6], synfoc),
    row("SS-Net", 20, "59.42/78.15 67.32/85.05 45.69/69.91 38.76/61.13", [63.18, 53.49, 44.9], synfoc),
    row("BCP", 20, "71.65/91.10 77.19/92.00 72.63/90.77 77.67/91.42", [83.05, 73.66, 11.05], synfoc),
    row("CauSSL", 20, "63.38/80.60 67.52/80.72 49.53/63.88 39.43/49.43", [61.81, 51.8, 41.25], synfoc),
    row("ABD", 20, "73.92/79.71 65.19/90.96 77.61/86.11 74.79/86.72", [79.38, 69.28, 13.99], synfoc),
    row("FixMatch + CutMix", 20, "83.62/92.75 71.45/88.69 82.09/92.23 80.57/93.30", [85.59, 76.32, 9.61, 4.71], midss),
    row("FixMatch + FDA", 20, "82.59/92.80 74.34/88.63 80.08/92.64 77.66/88.99", [84.72, 75.33, 10.38, 4.82], midss),
    row("MiDSS", 20, "83.71/92.96 80.47/89.93 84.18/92.97 83.71/93.38", [87.66, 79.1, 8.21, 3.89], midss),
    row("SynFoC, with MedSAM", 20, "85.44/93.29 82.50/90.52 85.51/93.56 83.78/94.23", [88.6, 80.5, 6.56], synfoc),
  ],
};

const prostate: PublishedTable = {
  title: "Prostate",
  parts: [["prostate", "prostate gland"]],
  labelledDomains: [["runmc"], ["bmc"], ["hcrudb", "i2cvb"], ["ucl"], ["bidmc"], ["hk"]],
  protocol: `U-Net of width 64, 384 x 384 pixels, 60,000 steps, 20 or 40 labelled slices and no validation split; ${rule}`,
  rows: [
    row("U-Net, supervised", 20, "22.11 21.81 19.60 13.87 18.16 26.98", [20.42, 15.63, 118.15, 79.7], synfoc),
    row("UA-MT", 20, "19.09 13.66 16.07 37.30 15.23 11.22", [18.76, 13.44, 127.59, 85.76], synfoc),
    row("FixMatch", 20, "81.69 65.27 53.70 70.40 10.20 81.22", [60.41, 52.53, 49.47, 28.83], synfoc),
    row("SS-Net", 20, "14.92 11.64 14.49 34.31 15.45 12.52", [17.22, 12.65, 119.73, 81.38], synfoc),
    row("BCP", 20, "64.79 62.46 50.49 55.08 63.31 57.64", [58.96, 48.74, 56.81, 27.77], synfoc),
    row("CauSSL", 20, "20.36 31.11 15.68 27.27 26.17 26.66", [24.54, 18.03, 116.15, 70.57], synfoc),
    row("ABD", 20, "53.10 62.28 9.17 59.22 51.92 22.19", [42.98, 32.35, 75.73, 47.17], synfoc),
    row("MiDSS", 20, "88.34 83.26 83.99 85.45 42.03 78.02", [76.85, 67.88, 39.02, 21.08], synfoc),
    row("FixMatch", 40, "83.58 69.17 73.63 79.21 56.07 84.78", [74.41, 65.96, 24.18, 14.09], midss),
    row("FixMatch + FDA", 40, "77.78 80.89 57.47 85.07 33.31 78.96", [68.91, 63.13, 40.35, 21.77], midss),
    row("FixMatch + CutMix", 40, "86.97 85.23 81.63 87.26 87.62 85.39", [85.68, 78.1, 12.77, 5.94], midss),
    row("FixMatch + CowMix", 40, "86.45 85.05 83.68 87.75 88.20 84.41", [85.92, 78.03, 12.56, 5.32], midss),
  ],
};

const mnms: PublishedTable = {
  title: "M&Ms",
  parts: [
    ["lv", "left ventricle", "left ventricular cavity"],
    ["myo", "myocardium", "lv myocardium", "left ventricular myocardium"],
    ["rv", "right ventricle", "right ventricular cavity"],
  ],
  labelledDomains: [],
  protocol: `U-Net of width 64, 288 x 288 pixels, 60,000 steps, 5 labelled slices and no validation split; ${rule}`,
  rows: [
    row("U-Net, supervised", 5, null, [31.5], synfoc),
    row("UA-MT", 5, null, [19.76], synfoc),
    row("FixMatch", 5, null, [77.81], synfoc),
    row("SS-Net", 5, null, [13.68], synfoc),
    row("BCP", 5, null, [52.88], synfoc),
    row("CauSSL", 5, null, [23.65], synfoc),
    row("MiDSS", 5, null, [78.16], synfoc),
  ],
};

/** The published tables by name. */
export const publishedTables = { fundus, prostate, mnms };

export type PublishedName = keyof typeof publishedTables;

/** Which of a table's parts one of ours is; -1 for none. */
export function publishedPart({ parts }: PublishedTable, name: string): number {
  const plain = name
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, " ")
    .trim();
  return parts.findIndex((names) => names.includes(plain));
}

/**
 * Refuses published numbers of other parts than those that were judged, which would stand under ours as if they were
 * rivals.
 * @param own parts that our runs were judged on
 * @throws UsageError with the parts of both
 */
export function requirePublishedParts(name: PublishedName, own: readonly string[]): void {
  const table = publishedTables[name];
  const found = new Set(own.map((part) => publishedPart(table, part)));
  if (!found.has(-1) && found.size === table.parts.length && own.length === found.size) return;
  throw new UsageError(
    `--published ${name}: its numbers are of ${table.parts.map(([first]) => first).join(", ")}, but these runs were ` +
      `judged on ${own.join(", ")}, which is another data set; leave out --published`,
  );
}
