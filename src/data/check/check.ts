/**
 * `dimseg data check`: every file of a data set is decoded once, and everything that would make training fail or
 * results mislead is listed. One bad file never stops the check.
 */
import { shapeText, voxelCount } from "../../grid/grid.js";
import type { Split } from "../case-files.js";
import { allCases, type Dataset } from "../dataset.js";
import { mapLimited } from "../limited.js";
import { subjectCount } from "../subjects.js";
import { hasSlices } from "../volumes/decode-volume.js";
import { agreementByDomain, type ReaderAgreement } from "./agreement.js";
import { otherDepths, transparentFiles } from "./alike.js";
import { equalChannels, repeatedImages, repeatedMasks } from "./duplicates.js";
import { type CaseFacts, examineCase, judgedFacts } from "./examine.js";
import { examineVolume } from "./examine-volume.js";
import { leakingSubjects } from "./leaks.js";
import { systemPicturesLeftOut } from "./left-out.js";
import { namePairs } from "./pairs.js";
import type { Problem } from "./problems.js";
import { misfittingRules } from "./rules.js";
import { stretchedShapes } from "./shapes.js";
import { placelessVolumes, spacelessVolumes, summariseVolumes, type VolumeSummary } from "./volumes.js";

export type { Problem } from "./problems.js";
export type { VolumeSummary } from "./volumes.js";

/** Files decoded at the same time. */
const examinedAtOnce = 4;

/** A mask with less foreground than this share of its pixels counts as nearly empty. */
const nearlyEmptyShare = 0.0005;

/** One split of one domain in numbers. */
export interface SplitSummary {
  readonly domain: string;
  readonly split: Split;
  readonly cases: number;
  /** Fewer than cases where a subject has several of them. */
  readonly subjects: number;
  readonly masks: number;
  /** Smallest and largest stored size, such as `256 x 256` or `200 x 180 to 512 x 512`, of volumes `320 x 320 x 24`. */
  readonly sizes: string;
  readonly emptyMasks: number;
  readonly nearlyEmptyMasks: number;
  /** Mean share of the pixels of each part over the masks, 0 … 1; empty where no mask decoded. */
  readonly partShares: readonly number[];
}

export interface CheckReport {
  readonly problems: readonly Problem[];
  readonly splits: readonly SplitSummary[];
  /** Names of the parts, in the order of `partShares`. */
  readonly parts: readonly string[];
  /** The volumes of each domain; missing where the images are pictures. */
  readonly volumes?: readonly VolumeSummary[];
  /** Domains where several readers marked the same images. */
  readonly readers: readonly ReaderAgreement[];
  /** What lies in the folders and is nobody's data, in sentences. */
  readonly leftOut: readonly string[];
}

function sizeRange(facts: readonly CaseFacts[]): string {
  const width = (shape: readonly number[]) => shape[shape.length - 1];
  const sizes = facts
    .flatMap(({ shape }) => (shape ? [{ shape }] : []))
    .sort((a, b) => voxelCount(a) - voxelCount(b) || width(a.shape) - width(b.shape));
  if (sizes.length === 0) return "none decoded";
  const [least, most] = [shapeText(sizes[0]), shapeText(sizes[sizes.length - 1])];
  return least === most ? least : `${least} to ${most}`;
}

function summarise(facts: readonly CaseFacts[], parts: number): SplitSummary {
  const { domain, split } = facts[0].case;
  const judged = judgedFacts(facts);
  const mean = (part: number) => judged.reduce((sum, one) => sum + one.partShares[part], 0) / judged.length;
  return {
    domain,
    split,
    cases: facts.length,
    subjects: subjectCount(facts.map((one) => one.case)),
    masks: facts.filter((one) => one.case.maskPath !== undefined).length,
    sizes: sizeRange(facts),
    emptyMasks: judged.filter((one) => one.foreground === 0).length,
    nearlyEmptyMasks: judged.filter((one) => one.foreground > 0 && one.foreground < nearlyEmptyShare).length,
    partShares: judged.length === 0 ? [] : Array.from({ length: parts }, (_, part) => mean(part)),
  };
}

/**
 * Looks at every case of a data set.
 * @param onProgress called after each case with the number of cases done
 */
export async function checkDataset(dataset: Dataset, onProgress?: (done: number) => void): Promise<CheckReport> {
  let done = 0;
  const facts = await mapLimited(allCases(dataset), examinedAtOnce, async (one) => {
    const found = await (hasSlices(dataset) ? examineVolume(dataset, one) : examineCase(dataset, one));
    onProgress?.(++done);
    return found;
  });
  const splits = dataset.domains.flatMap((domain) =>
    (["train", "test"] as const)
      .map((split) => facts.filter((one) => one.case.domainIndex === domain.index && one.case.split === split))
      .filter((group) => group.length > 0),
  );
  return {
    problems: [
      ...facts.flatMap((one) => one.problems),
      ...namePairs(dataset),
      ...leakingSubjects(dataset),
      ...repeatedImages(facts),
      ...repeatedMasks(facts),
      ...equalChannels(facts, dataset),
      ...transparentFiles(facts),
      ...otherDepths(facts, dataset),
      ...misfittingRules(dataset, facts),
      ...placelessVolumes(dataset, facts),
      ...spacelessVolumes(dataset, facts),
      ...stretchedShapes(dataset, facts),
    ],
    splits: splits.map((group) => summarise(group, dataset.parts.length)),
    parts: dataset.parts.map((part) => part.name),
    ...(dataset.slices ? { volumes: summariseVolumes(facts, dataset) } : {}),
    readers: agreementByDomain(facts, dataset),
    leftOut: systemPicturesLeftOut(dataset),
  };
}
