/**
 * `--checkpoint auto`: which checkpoint of a run that is, chosen by its labelled training images in the looks of its unlabelled
 * ones; never by test images.
 */
import { readResolvedConfig } from "../config/config.js";
import { counted } from "../core/counted.js";
import { CheckpointError, ResourceError, UsageError } from "../core/errors.js";
import { evenly } from "../core/evenly.js";
import { groupBy } from "../core/group-by.js";
import { packageVersion } from "../core/package-root.js";
import type { Case } from "../data/dataset.js";
import type { DecodedCase } from "../data/decode.js";
import { viewOf } from "../data/volumes/patches.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { chooseCandidate, type LookAlike } from "../quality/checkpoint-choice.js";
import { labelledView } from "../quality/observe-case.js";
import { labelledDice } from "../quality/restyling.js";
import type { LabelledView } from "../quality/reverse.js";
import { restyledLike } from "../quality/scanner.js";
import {
  type AutoCandidate,
  type AutoChoice,
  autoCandidates,
  choiceRule,
  readAutoChoice,
  writeAutoChoice,
} from "../runs/checkpoints/auto-choice.js";
import { type LoadedRun, loadRun, networkAt } from "../runs/load-run.js";
import { openRunFolder } from "../runs/run-folder.js";
import { definedValues, mean } from "../statistics/mean.js";
import { useEngine } from "../torch/index.js";
import type { Observer } from "./observer.js";

/** Labelled images that are asked about, and unlabelled ones of a domain whose looks they take on, at most. */
const [mostLabelled, mostOfDomain] = [8, 8];

/** The images whose looks decide: of every domain as many as of the others, as far as there are. */
function seenCases({ split, folder }: LoadedRun): Case[] {
  const byDomain = groupBy(split.unlabelled, ({ domain }) => domain);
  const cases = [...byDomain.values()].flatMap((own) => evenly(own, mostOfDomain));
  if (cases.length > 0) return cases;
  throw new UsageError(
    `${folder.path}: --checkpoint auto chooses by the looks of unlabelled training images, and the run's data set has none; take --checkpoint last`,
  );
}

/** Asks the candidates about labelled images. */
class Asking {
  constructor(
    private readonly run: LoadedRun,
    private readonly students: readonly SegmentationNetwork[],
  ) {}

  /** Mean Dice over the parts of each candidate. */
  private dice(shown: DecodedCase, reference: LabelledView): number[] {
    const { dataset } = this.run;
    return this.students.map((student) =>
      mean(definedValues(labelledDice(student, shown, reference, dataset, this.run))),
    );
  }

  /** Labelled cases as a network sees them, some of many. */
  async views(cases: readonly Case[]): Promise<LabelledView[]> {
    const { cache, dataset, patch } = this.run;
    const views: LabelledView[] = [];
    for (const one of evenly(cases, mostLabelled)) views.push(labelledView(await cache.get(one), dataset, patch));
    return views;
  }

  /** Of labelled images as they are. */
  asTheyAre(labelled: readonly LabelledView[]): number[][] {
    return labelled.map((reference) => this.dice(reference.view, reference));
  }

  /** Of those that are of an unlabelled image's size, in its looks. */
  async like(one: Case, labelled: readonly LabelledView[]): Promise<LookAlike[]> {
    const { cache, dataset, patch, normalisation } = this.run;
    const view = viewOf(await cache.get(one), dataset, patch);
    return labelled.flatMap((reference) => {
      const shown = restyledLike(reference.view, view, normalisation);
      return shown ? [{ domain: one.domain, dice: this.dice(shown, reference) }] : [];
    });
  }
}

/** Which one, and the words for why. */
function chosenOf(labelled: readonly (readonly number[])[], looks: readonly LookAlike[], count: number) {
  const last = count - 1;
  if (looks.length === 0)
    return { chosen: last, scores: [], why: "the last one, as no labelled image is of the size of an unlabelled one" };
  const { chosen, scores } = chooseCandidate(labelled, looks);
  const percent = (i: number) => `${(100 * scores[i].score).toFixed(1)} %`;
  const others = chosen === last ? "the last one" : `of the last one ${percent(last)}`;
  return { chosen, scores, why: `Dice ${percent(chosen)}, ${others}` };
}

/** Asks all candidates about labelled images in other looks. */
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
  const cases = seenCases(run);
  const { labelled, validation } = run.split;
  const asking = new Asking(run, students);
  const learnt = await asking.views(labelled);
  const looks: LookAlike[] = [];
  for (const [done, one] of cases.entries()) {
    looks.push(...(await asking.like(one, learnt)));
    progress("choosing a checkpoint", done + 1, cases.length);
  }
  // Images that were learnt tell as they are how long they were learnt.
  const unseen = validation.length > 0 ? await asking.views(validation) : learnt;
  const { chosen, scores, why } = chosenOf(asking.asTheyAre(unseen), looks, students.length);
  const { step } = candidates[chosen];
  const byDomain = groupBy(cases, ({ domain }) => domain);
  return {
    dimseg: packageVersion(),
    by: choiceRule,
    reason:
      `checkpoint of step ${step} of ${run.config.training.iterations}, chosen among ` +
      `${counted(candidates.length, "checkpoint")} by ${counted(learnt.length, "labelled image")} ` +
      `in the looks of ${counted(cases.length, "unlabelled training image")}: ${why}`,
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
    return { dimseg: packageVersion(), by: choiceRule, reason, chosen: newest.step, images: {}, candidates: [newest] };
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
