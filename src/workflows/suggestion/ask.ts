/** Asks a run about images that may be suggested, as each strategy needs it, and chooses. */
import { type Case, caseName } from "../../data/dataset.js";
import type { ConventionName } from "../../evaluation/conventions.js";
import type { PartEstimate } from "../../quality/estimate.js";
import { estimateParts, usualLevel } from "../../quality/estimate.js";
import { type Asked, observeCase } from "../../quality/observe-case.js";
import {
  type Choice,
  type ChooseOptions,
  chooseAtRandom,
  chooseByEntropy,
  chooseCombined,
  type JudgedCandidate,
  type LabelledImage,
} from "../../quality/suggestion/choose.js";
import { partDoubt, predictiveEntropy } from "../../quality/suggestion/doubt.js";
import type { StrategyName } from "../../quality/suggestion/strategy-names.js";
import type { NetworkName } from "../../runs/checkpoints/checkpoint-names.js";
import { calibrateRun } from "../estimation/calibrate-run.js";
import type { Observer } from "../observer.js";
import { networkOf, type OpenedRun } from "../open-run.js";
import { type Candidates, someOfEachDomain } from "./candidates.js";

/** A chosen case and what its choice rests on. */
export interface Chosen {
  readonly case: Case;
  /** By strategy `combined`. */
  readonly combined?: { readonly pick: Choice; readonly estimate: PartEstimate };
  /** By strategy `entropy`: bits a pixel. */
  readonly entropy?: number;
}

/** What a strategy is given. */
export interface Asking {
  readonly run: OpenedRun;
  readonly network: NetworkName;
  readonly candidates: Candidates;
  readonly options: ChooseOptions;
  readonly observer: Observer;
}

/** The network alone, without members whose masks are held against its own. */
function alone({ run, network }: Asking): Asked {
  const { device, precision, normalisation, patch, config } = run;
  const convention = config.evaluation.convention as ConventionName;
  const plain = { members: [], references: [], convention, device, precision, normalisation, patch };
  return { network: networkOf(run, network), ...plain };
}

/** Images that are asked about with all members, at most: each costs about ten passes. */
const mostAsked = 400;

async function combined(asking: Asking): Promise<Chosen[]> {
  const { run, network, candidates, options, observer } = asking;
  const { dataset, cache } = run;
  const { asked, calibrations } = await calibrateRun(
    run,
    { name: network, network: networkOf(run, network), others: [] },
    [],
    observer,
  );
  const open = someOfEachDomain(candidates.open, dataset, mostAsked);
  if (open.length < candidates.open.length)
    observer.warn(
      `${open.length} of ${candidates.open.length} unlabelled images are asked about, evenly from each domain`,
    );
  const names = dataset.parts.map(({ name }) => name);
  const judged: (JudgedCandidate & { readonly estimates: readonly PartEstimate[] })[] = [];
  for (const one of open) {
    const seen = await observeCase(await cache.get(one), dataset, asked, caseName(one));
    const estimates = estimateParts(seen, calibrations, names, usualLevel);
    const doubts = estimates.map((estimate, p) => partDoubt(estimate, seen.parts[p]));
    judged.push({ domain: one.domain, subject: one.subject, doubts, feature: seen.feature, estimates });
    observer.progress("estimating", judged.length, open.length);
  }
  const labelled: LabelledImage[] = [];
  for (const one of candidates.labelled) {
    const { feature } = await observeCase(await cache.get(one), dataset, alone(asking), caseName(one));
    labelled.push({ domain: one.domain, feature });
  }
  return chooseCombined(judged, labelled, candidates.further, options).map((pick) => ({
    case: open[pick.candidate],
    combined: { pick, estimate: judged[pick.candidate].estimates[pick.part] },
  }));
}

async function byEntropy(asking: Asking): Promise<Chosen[]> {
  const { run, candidates, options, observer } = asking;
  const entropies: number[] = [];
  for (const one of candidates.open) {
    const decoded = await run.cache.get(one);
    entropies.push(predictiveEntropy(await observeCase(decoded, run.dataset, alone(asking), caseName(one))));
    observer.progress("asking", entropies.length, candidates.open.length);
  }
  return chooseByEntropy(candidates.open, entropies, options.count).map((i) => ({
    case: candidates.open[i],
    entropy: entropies[i],
  }));
}

async function atRandom({ candidates, options }: Asking): Promise<Chosen[]> {
  return chooseAtRandom(candidates.open, options).map((i) => ({ case: candidates.open[i] }));
}

/** How each strategy chooses, the first image first. @throws DataError as decoding does; NumericError for answers with NaN */
export const strategies: Record<StrategyName, (asking: Asking) => Promise<Chosen[]>> = {
  combined,
  entropy: byEntropy,
  random: atRandom,
};
