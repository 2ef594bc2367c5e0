/** `--checkpoint auto`: which checkpoint of a run that is, chosen by its unlabelled training images; never by test images. */
import { readResolvedConfig } from "../config/config.js";
import { counted } from "../core/counted.js";
import { CheckpointError, ResourceError, UsageError } from "../core/errors.js";
import { evenly } from "../core/evenly.js";
import { groupBy } from "../core/group-by.js";
import { packageVersion } from "../core/package-root.js";
import type { Case } from "../data/dataset.js";
import { voxelCount } from "../grid/grid.js";
import { classMask } from "../inference/label-map.js";
import { judgedCases } from "../judging/judged-cases.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { agreements, type ConfirmedImage, chooseCandidate } from "../quality/checkpoint-choice.js";
import {
  type AutoCandidate,
  type AutoChoice,
  autoCandidates,
  readAutoChoice,
  writeAutoChoice,
} from "../runs/auto-choice.js";
import { type LoadedRun, loadRun, networkAt } from "../runs/load-run.js";
import { openRunFolder } from "../runs/run-folder.js";
import { useEngine } from "../torch/index.js";
import type { Observer } from "./observer.js";

/** Unlabelled images of a domain that are asked about, at most. */
const mostOfDomain = 12;

/** The images that decide: of every domain as many as of the others, as far as there are. */
function askedCases({ split, folder }: LoadedRun): Case[] {
  const byDomain = groupBy(split.unlabelled, ({ domain }) => domain);
  const cases = [...byDomain.values()].flatMap((own) => evenly(own, mostOfDomain));
  if (cases.length > 0) return cases;
  throw new UsageError(
    `${folder.path}: --checkpoint auto chooses by unlabelled training images, and the run's data set has none; take --checkpoint last`,
  );
}

/** How far the candidates confirm each other's masks of an image. */
async function confirmed(
  { dataset, cache, device, precision, normalisation, patch }: LoadedRun,
  students: readonly SegmentationNetwork[],
  one: Case,
): Promise<ConfirmedImage> {
  const masks: Uint8Array[][] = [];
  const asked = { device, precision, normalisation, patch };
  for (const student of students) {
    for await (const { labels, decoded } of judgedCases(student, dataset, [one], cache, asked))
      masks.push(
        dataset.parts.map(({ index }) => classMask(labels, index, dataset.target, voxelCount(decoded.working))),
      );
  }
  return { domain: one.domain, agreement: agreements(masks) };
}

/** Asks all candidates and compares what they say. */
async function choose(
  path: string,
  candidates: readonly AutoCandidate[],
  { progress, warn }: Observer,
  data: string | undefined,
): Promise<AutoChoice> {
  const place = data === undefined ? {} : { data };
  const [oldest, ...others] = candidates;
  const run = await loadRun(path, { checkpoint: `step-${oldest.step}`, warn, ...place });
  const students = [run.networks.student, ...others.map(({ step }) => networkAt(run, `step-${step}`, "student"))];
  useEngine({ device: run.device });
  const cases = askedCases(run);
  const images: ConfirmedImage[] = [];
  for (const one of cases) {
    images.push(await confirmed(run, students, one));
    progress("choosing a checkpoint without labels", images.length, cases.length);
  }
  const { chosen, scores } = chooseCandidate(images, students.length);
  const { step } = candidates[chosen];
  const percent = (i: number) => `${(100 * scores[i].score).toFixed(1)} %`;
  const isLast = chosen === candidates.length - 1;
  const why = isLast
    ? `the last one, as none agrees with the others surely better (Dice ${percent(chosen)})`
    : `Dice with the others ${percent(chosen)}, of the last one ${percent(candidates.length - 1)}`;
  const byDomain = groupBy(cases, ({ domain }) => domain);
  return {
    dimseg: packageVersion(),
    reason:
      `checkpoint of step ${step} of ${run.config.training.iterations}, chosen without labels among ` +
      `${counted(candidates.length, "checkpoint")} by ${counted(cases.length, "unlabelled training image")}: ${why}`,
    chosen: step,
    images: Object.fromEntries([...byDomain].map(([domain, own]) => [domain, own.length])),
    candidates: candidates.map((one, i) => ({ ...one, ...scores[i] })),
  };
}

/**
 * The choice that `auto` stands for: the kept one as long as the checkpoints are the same, else a new one, which is kept.
 * @param data where the run's data set lies now; default: where it lay when the run began
 * @throws UsageError when the folder is no run, or there is nothing to choose by; CheckpointError when there is no checkpoint,
 *   or a damaged one; DataError when the run's data set is missing
 */
export async function autoCheckpoint(path: string, observer: Observer, data?: string): Promise<AutoChoice> {
  const folder = openRunFolder(path);
  const config = readResolvedConfig(folder.config);
  const kept = readAutoChoice(folder, config);
  if (kept) return kept;
  const candidates = autoCandidates(folder, config);
  const newest = candidates.at(-1);
  if (!newest) throw new CheckpointError(`no checkpoint in ${folder.checkpoints}; train the run first`);
  if (candidates.length === 1) {
    const reason = `checkpoint of step ${newest.step} of ${config.training.iterations}, the only one to choose`;
    return { dimseg: packageVersion(), reason, chosen: newest.step, images: {}, candidates: [newest] };
  }
  const choice = await choose(path, candidates, observer, data);
  try {
    writeAutoChoice(folder, choice);
  } catch (error) {
    // Somebody else's run is used all the same.
    if (!(error instanceof ResourceError)) throw error;
    observer.warn(`${error.message}; the choice is made anew each time`);
  }
  return choice;
}
