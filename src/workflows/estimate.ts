/** How good a run's masks are where nobody has labelled: by domain with an interval, by case the worst first. */
import { basename, join, resolve } from "node:path";
import { DataError, UsageError } from "../core/errors.js";
import { writeFilesAtomic } from "../core/files/atomic-file.js";
import { refuseLinks } from "../core/files/refuse-links.js";
import { packageVersion } from "../core/package-root.js";
import { sha256 } from "../core/sha256.js";
import { type Case, caseName, type Dataset } from "../data/dataset.js";
import type { CaseSource } from "../data/decode.js";
import {
  type DomainEstimate,
  domainEstimates,
  doubtfulBelow,
  type EstimatedCase,
  weakParts,
} from "../quality/estimate.js";
import { type EstimatedRow, estimatesCsv, worstFirst } from "../quality/estimates-csv.js";
import type { CheckpointName, NetworkName } from "../runs/checkpoints/checkpoint-names.js";
import { type EstimateSummary, estimateName, estimateSummaryFile } from "../runs/estimate-summary.js";
import { calibrateRun, type RunQuality } from "./estimation/calibrate-run.js";
import { estimateCase } from "./estimation/estimate-cases.js";
import { givenCases, imageSource } from "./estimation/images.js";
import { askedDataset } from "./evaluation/select-cases.js";
import type { Observer, Workflow } from "./observer.js";
import { networkOf, type OpenedRun, openRun } from "./open-run.js";
import { openCompanions } from "./prediction/companions.js";
import { forNewImages } from "./prediction/new-images.js";

/** What is to be estimated, and how. */
export interface EstimateInput {
  readonly run: string;
  /** Image files, and folders of them; none: the cases of the data set. */
  readonly images: readonly string[];
  /** Another `dataset.yaml` of the same kind; not beside images. */
  readonly data?: string | undefined;
  /** The domain whose rule for values images follow, where the data set's domains have their own; beside images. */
  readonly domain?: string | undefined;
  readonly checkpoint: CheckpointName;
  readonly network: NetworkName;
  /** Further runs whose masks are held against the run's. */
  readonly with: readonly string[];
  /** Of the intervals, in (0, 1). */
  readonly level: number;
}

/** What was estimated. */
export interface Estimated {
  readonly checkpointRule: string;
  readonly labelledDomain: string;
  readonly level: number;
  readonly domains: readonly DomainEstimate[];
  /** The most doubtful first. */
  readonly worst: readonly EstimatedRow[];
  readonly doubtfulBelow: number;
  /** Parts of which the labelled images say too little. */
  readonly withoutEstimate: readonly string[];
  /** Parts that the network finds badly on its labelled images. */
  readonly weak: readonly string[];
  /** Folder of `cases.csv` and `summary.json`. */
  readonly folder: string;
  /** One sentence for each given image that could not be read. */
  readonly broken: readonly string[];
}

/** Cases to be asked about, and what the answer is called in the run's folder. */
interface Chosen {
  /** Images that lack a channel, a sentence each; undefined where every case has to be read. */
  readonly broken?: readonly string[];
  readonly dataset: Dataset;
  readonly cases: readonly Case[];
  readonly source: CaseSource;
  readonly suffix: string;
}

/**
 * Test images of every domain; of one without them the others, but those that the run learnt from or was validated on, which
 * say nothing of new ones.
 */
function datasetCases(run: OpenedRun, data: string | undefined, warn: (message: string) => void): Chosen {
  const { dataset, cache } = askedDataset(run, data, warn);
  const { labelled, validation } = run.split;
  const known = new Set([...labelled, ...validation].map(({ imagePath }) => imagePath));
  const cases = dataset.domains.flatMap((domain) => {
    const test = domain.cases("test");
    if (test.length > 0) return test;
    const fresh = domain.cases("train").filter(({ imagePath }) => !known.has(imagePath));
    if (fresh.length === 0)
      warn(`${domain.name} is left out: it has no image but those that the run learnt from or was validated on`);
    return fresh;
  });
  const suffix = dataset.path === run.dataset.path ? "" : `-data-${sha256(dataset.path).slice(0, 8)}`;
  return { dataset, cases, source: cache, suffix };
}

/** Images given as files and folders, each folder a domain. */
async function imagesChosen(
  run: OpenedRun,
  { images: paths, domain }: Pick<EstimateInput, "images" | "domain">,
  observer: Observer,
): Promise<Chosen> {
  const dataset = forNewImages(run.dataset, { run: run.folder.path, domain });
  const { cases, broken } = await givenCases(paths, dataset, observer);
  const suffix = `-images-${sha256(JSON.stringify([...paths.map((path) => resolve(path)), ...(domain === undefined ? [] : [{ domain }])])).slice(0, 8)}`;
  return { dataset, cases, source: imageSource(run, dataset), suffix, broken };
}

/** The estimates of all cases, and a sentence for each that was given by its path and cannot be read. */
async function estimateAll(
  quality: RunQuality,
  { dataset, cases, source, broken: incomplete }: Chosen,
  level: number,
  { progress }: Observer,
): Promise<{ estimated: EstimatedCase[]; broken: string[] }> {
  const estimated: EstimatedCase[] = [];
  const broken = [...(incomplete ?? [])];
  for (const [done, one] of cases.entries()) {
    try {
      estimated.push(await estimateCase(quality, one, source, dataset, level));
    } catch (error) {
      if (incomplete === undefined || !(error instanceof DataError)) throw error;
      broken.push(error.message);
    }
    progress("estimating", done + 1, cases.length);
  }
  return { estimated, broken };
}

function summaryOf(
  run: OpenedRun,
  { network, level }: EstimateInput,
  { dataset, cases }: Chosen,
  domains: readonly DomainEstimate[],
  weak: readonly string[],
): EstimateSummary {
  const { folder, checkpoint, step, checkpointRule } = run;
  return {
    ...{ dimseg: packageVersion(), run: folder.path, network, checkpoint: { name: checkpoint, step } },
    ...{ rule: checkpointRule, level, doubtfulBelow },
    dataset: { name: dataset.name, cases: sha256(JSON.stringify(cases.map(caseName))) },
    ...{ weak: [...weak], domains: [...domains] },
  };
}

/**
 * Estimates the Dice of every case's parts, from signals that need no reference and what the run's labelled images say of
 * them, and writes `cases.csv` and `summary.json` below the run's `quality/`.
 * @throws UsageError for a level that is none, images beside another data set, a domain that they cannot be of, or a network
 *   that is not there; DataError,
 *   CheckpointError as opening the run does
 */
export const estimateRun: Workflow<EstimateInput, Estimated> = async (input, observer) => {
  const { level, images, data } = input;
  if (!(level > 0 && level < 1))
    throw new UsageError(`--level ${level}: give a probability between 0 and 1, such as 0.9`);
  if (images.length > 0 && data !== undefined)
    throw new UsageError("--data names the images of a data set; leave it out, or the images beside it");
  if (images.length === 0 && input.domain !== undefined)
    throw new UsageError(
      "--domain is of images that are given; those of a data set have the rules of their own domains",
    );
  const run = await openRun(input.run, input.checkpoint, observer);
  const network = networkOf(run, input.network);
  const companions = await openCompanions(run, input.with, input.checkpoint, observer);
  const others = companions.map((one) => networkOf(one, input.network));
  const chosen = images.length > 0 ? await imagesChosen(run, input, observer) : datasetCases(run, data, observer.warn);
  const { dataset, cases, suffix } = chosen;
  if (cases.length === 0)
    throw new DataError(chosen.broken?.[0] ?? `${dataset.path}: no domain has images to estimate; add some`);
  const names = companions.map(({ folder, step }) => `${folder.path} step ${step}`);
  const quality = await calibrateRun(run, { name: input.network, network, others }, names, observer);
  const { estimated, broken } = await estimateAll(quality, chosen, level, observer);
  if (estimated.length === 0) throw new DataError(`no image could be estimated; the first: ${broken[0]}`);
  const { calibrations } = quality;
  const domains = domainEstimates(estimated, calibrations, level);
  const beside = names.length === 0 ? "" : `-with-${sha256(JSON.stringify(names)).slice(0, 8)}`;
  const folder = join(run.folder.quality, `${estimateName(run.checkpoint, input.network)}${suffix}${beside}`);
  const weak = weakParts(calibrations);
  refuseLinks(run.folder.quality, [basename(folder)]);
  writeFilesAtomic([
    [join(folder, "cases.csv"), estimatesCsv(estimated, calibrations)],
    estimateSummaryFile(folder, summaryOf(run, input, chosen, domains, weak)),
  ]);
  return {
    ...{ checkpointRule: run.checkpointRule, labelledDomain: run.config.labelled.domain, level },
    ...{ domains, worst: worstFirst(estimated), doubtfulBelow, folder, broken },
    weak,
    withoutEstimate: dataset.parts.filter((_, p) => calibrations[p] === null).map(({ name }) => name),
  };
};
