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
import type { CheckpointName, NetworkName } from "../runs/checkpoint-names.js";
import { type EstimateSummary, estimateName, estimateSummaryFile } from "../runs/estimate-summary.js";
import { calibrateRun } from "./estimation/calibrate-run.js";
import { estimateCase } from "./estimation/estimate-cases.js";
import { imageCase, imageSource } from "./estimation/images.js";
import { askedDataset } from "./evaluation/select-cases.js";
import type { Workflow } from "./observer.js";
import { networkOf, type OpenedRun, openRun } from "./open-run.js";
import { wholeImages } from "./prediction/channel-files.js";
import { openCompanions } from "./prediction/companions.js";
import { type InputImage, leaveOutMasks, listInputs } from "./prediction/inputs.js";
import { isLabelVolume, looksLikeMask } from "./prediction/mask-evidence.js";
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
  /** Probability of the intervals, in (0, 1). */
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
}

/** Cases to be asked about, and what the answer is called in the run's folder. */
interface Chosen {
  readonly dataset: Dataset;
  readonly cases: readonly Case[];
  readonly source: CaseSource;
  readonly suffix: string;
}

/** Test images of every domain; of one without them the others. */
function datasetCases(run: OpenedRun, data: string | undefined, warn: (message: string) => void): Chosen {
  const { dataset, cache } = askedDataset(run, data, warn);
  const cases = dataset.domains.flatMap((domain) => {
    const test = domain.cases("test");
    return test.length > 0 ? test : domain.cases("train");
  });
  const suffix = dataset.path === run.dataset.path ? "" : `-data-${sha256(dataset.path).slice(0, 8)}`;
  return { dataset, cases, source: cache, suffix };
}

/** Images given as files and folders, each folder a domain. */
async function givenCases(
  run: OpenedRun,
  { images: paths, domain }: Pick<EstimateInput, "images" | "domain">,
): Promise<Chosen> {
  const dataset = forNewImages(run.dataset, { run: run.folder.path, domain });
  const isMask = dataset.slices ? isLabelVolume : looksLikeMask;
  const cases: Case[] = [];
  for (const path of paths) {
    const { images } = listInputs([path]);
    const chosen: readonly InputImage[] = (await leaveOutMasks(images, [], [], isMask)).images;
    const { images: whole, incomplete } = await wholeImages(chosen, dataset);
    if (incomplete.length > 0) throw new DataError(incomplete[0]);
    cases.push(...whole.map((image) => imageCase(image, path)));
  }
  const suffix = `-images-${sha256(JSON.stringify([...paths.map((path) => resolve(path)), ...(domain === undefined ? [] : [{ domain }])])).slice(0, 8)}`;
  return { dataset, cases, source: imageSource(run, dataset), suffix };
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
  const chosen = images.length > 0 ? await givenCases(run, input) : datasetCases(run, data, observer.warn);
  const { dataset, cases, source, suffix } = chosen;
  if (cases.length === 0) throw new DataError(`${dataset.path}: no domain has images to estimate; add some`);
  const names = companions.map(({ folder, step }) => `${folder.path} step ${step}`);
  const quality = await calibrateRun(run, { name: input.network, network, others }, names, observer);
  const estimated: EstimatedCase[] = [];
  for (const one of cases) {
    estimated.push(await estimateCase(quality, one, source, dataset, level));
    observer.progress("estimating", estimated.length, cases.length);
  }
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
    ...{ domains, worst: worstFirst(estimated), doubtfulBelow, folder },
    weak,
    withoutEstimate: dataset.parts.filter((_, p) => calibrations[p] === null).map(({ name }) => name),
  };
};
