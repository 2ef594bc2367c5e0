/** A configuration for a data set, this machine and a number of minutes, with a reason for everything. */
import { accessSync, constants, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseConfig } from "../config/config.js";
import { counted } from "../core/counted.js";
import { DataError, ResourceError, UsageError } from "../core/errors.js";
import { makeFolder, writeFailure, writeFileAtomic } from "../core/files/atomic-file.js";
import { seenFrom } from "../core/files/seen-from.js";
import { secondsOf } from "../core/seconds.js";
import { shellWord } from "../core/shell-word.js";
import { type Dataset, loadDataset } from "../data/dataset.js";
import { voxelCount } from "../grid/grid.js";
import type { CaseFingerprint } from "../planning/case-fingerprint.js";
import { type Choice, choicesOf, type PlanFacts, survives } from "../planning/choices.js";
import { type Climb, climb } from "../planning/climb.js";
import { type Fingerprint, fingerprintDataset } from "../planning/fingerprint.js";
import { candidateFrames } from "../planning/frames.js";
import { type LabelPlan, planLabels } from "../planning/labels.js";
import { memoryOf, pictureLadder, type Rung, volumeLadder } from "../planning/ladder.js";
import { type MethodPlan, planMethod } from "../planning/method.js";
import { candidatePatches, medianVolume, whyNotVolumes } from "../planning/patches.js";
import { planYaml, valuesOf } from "../planning/plan-yaml.js";
import { measureResolutions, type Resolution, resolutionCases, worstMean } from "../planning/resolution.js";
import { dataText, durationText, leftOut, partShares } from "../planning/summary.js";
import { warningsOf } from "../planning/warnings.js";
import { openModel } from "../runs/model.js";
import { OutOfMemoryError, useEngine } from "../torch/index.js";
import { resolveEngine } from "../training/engine-settings.js";
import { type Rehearsal, rehearse } from "../training/rehearsal.js";
import { openTraining } from "../training/session.js";
import { availableMemory } from "./machine/machine-facts.js";
import type { Observer, Workflow } from "./observer.js";

/** What is to be planned. */
export interface PlanInput {
  /** Path of the `dataset.yaml`. */
  readonly dataset: string;
  /** How long training may take, above 0. */
  readonly minutes: number;
  /** The domain that labels come from; default: that with most masks. */
  readonly labelled?: string | undefined;
  /** The configuration to write. */
  readonly out: string;
  /** Replace a file that is already there. */
  readonly force: boolean;
}

/** The plan, for people. */
export interface Planned {
  readonly choices: readonly Choice[];
  readonly warnings: readonly string[];
  /** What more time would buy. */
  readonly leftOut: readonly string[];
  /** How long the run will take, in words. */
  readonly duration: string;
  readonly fingerprint: Pick<Fingerprint, "domains" | "ownSpread"> & {
    readonly labelledDomain: string;
    readonly parts: readonly PartSummary[];
  };
  /** What each size that was tried costs a perfect prediction. */
  readonly resolutions: readonly Resolution[];
}

/** One part over the masks that count. */
export interface PartSummary {
  readonly name: string;
  /** Mean share of the labelled pixels, 0 to 1. */
  readonly share: number;
  /** Masks that hold it. */
  readonly masks: number;
  /** Connected components of a mask on average, where there are any. */
  readonly components: number;
  /** Pixels or voxels of the smallest component of all. */
  readonly smallest: number;
}

/** Of what is available, so much may be taken by what a step keeps. */
const memoryShare = 0.5;
/** Of the time, so much is planned for: machines are busier at some times than at others. */
const timeShare = 0.95;
/** Node and the engine, until the data set is opened. */
const startSeconds = 2;
/** Files that are named in a message. */
const mostNamed = 3;

function partSummaries(cases: readonly CaseFingerprint[], { parts }: Dataset): PartSummary[] {
  const masks = cases.flatMap((one) => (one.parts ? [one.parts] : []));
  const shares = partShares(cases);
  return parts.map(({ name }, p) => {
    const held = masks.map((one) => one[p]).filter(({ components }) => components > 0);
    return {
      name,
      share: shares[p] ?? Number.NaN,
      masks: held.length,
      components: held.reduce((sum, one) => sum + one.components, 0) / held.length,
      smallest: held.reduce((least, one) => Math.min(least, one.smallest), Number.POSITIVE_INFINITY),
    };
  });
}

/** @throws DataError when files that training reads are broken: it would refuse them, too */
function refuseBroken({ broken }: Fingerprint, dataset: Dataset, warn: Observer["warn"]): void {
  const training = broken.filter((one) => one.case.split === "train");
  for (const { message } of broken.filter((one) => one.case.split !== "train")) warn(message);
  if (training.length === 0) return;
  const named = training.slice(0, mostNamed).map(({ message }) => message);
  const more = training.length > mostNamed ? [`and ${training.length - mostNamed} more`] : [];
  throw new DataError(
    `${dataset.path}: ${counted(training.length, "training case")} cannot be read, so it cannot be trained on; ` +
      `\`dimseg data check ${shellWord(dataset.path)}\` lists all: ${[...named, ...more].join("; ")}`,
  );
}

/** The values that a run on a rung has, but for how long it goes on. */
function settings(dataset: string, labels: LabelPlan, method: MethodPlan, rung: Rung) {
  const { model, frame, patch, labelledBatch, unlabelledBatch } = rung;
  return parseConfig({
    dataset,
    labelled: { domain: labels.domain, count: labels.count, validation: labels.validation },
    ...(frame ? { imageSize: [frame.height, frame.width] } : {}),
    ...(patch ? { patch } : {}),
    model,
    method: method.method,
    optimizer: method.optimizer,
    training: { labelledBatch, unlabelledBatch },
  });
}

/** Measures rungs by training a few steps on each. @param seconds that the run will have */
function rehearser(
  dataset: Dataset,
  labels: LabelPlan,
  method: MethodPlan,
  seconds: number,
  { warn, progress, stopRequested }: Observer,
) {
  let measured = 0;
  return async (rung: Rung): Promise<Rehearsal | null> => {
    const wanted = settings(dataset.path, labels, method, rung);
    const training = resolveEngine(wanted);
    if (training.device === "cpu" && memoryOf(rung, method.views) > memoryShare * availableMemory()) return null;
    useEngine(training);
    const folder = mkdtempSync(join(tmpdir(), "dimseg-plan-"));
    try {
      const session = openTraining(openModel({ ...wanted, training }, warn));
      return await rehearse(session, folder, { seconds, warn, stopRequested: stopRequested ?? (() => false) });
    } catch (error) {
      if (error instanceof OutOfMemoryError) return null;
      throw error;
    } finally {
      rmSync(folder, { recursive: true, force: true });
      progress("timing training steps", ++measured, measured);
    }
  };
}

/** What was found of the ways to train. */
interface Way {
  readonly climb: Climb;
  readonly resolutions: readonly Resolution[];
  readonly needed: Resolution;
  readonly volumes: string | null;
}

interface Searched {
  readonly dataset: Dataset;
  readonly labels: LabelPlan;
  readonly fingerprint: Fingerprint;
  readonly seconds: number;
  readonly measure: (rung: Rung) => Promise<Rehearsal | null>;
  readonly progress: Observer["progress"];
}

async function resolutionsOf(
  { dataset, labels, fingerprint, progress }: Searched,
  frames: readonly Resolution["frame"][],
) {
  const pixels = fingerprint.cases.reduce((most, one) => Math.max(most, voxelCount(one)), 1);
  const cases = resolutionCases(labels.split.labelled, pixels, frames.length);
  return measureResolutions(dataset, cases, frames, (done) => progress("resizing masks", done, cases.length));
}

/** Networks of volumes, where they are a choice and there is time for them; else why not, in words. */
async function volumeWay(searched: Searched): Promise<Way | string> {
  const { dataset, fingerprint, seconds, measure } = searched;
  const median = medianVolume(fingerprint.cases, dataset.slices?.resample);
  const objection = whyNotVolumes(median);
  if (objection) return `slices rather than patches of volumes: ${objection}`;
  const found = await climb(volumeLadder(candidatePatches(median.shape)), seconds, measure);
  if (!found?.isEnough)
    return "slices rather than patches of volumes, for which there is too little time or memory: even the smallest needs 1000 steps";
  const resolutions = await resolutionsOf(searched, [null]);
  const volumes = "patches of volumes rather than slices: voxels are nearly cubes, and there is time for it";
  return { climb: found, resolutions, needed: resolutions[0], volumes };
}

/** Networks of pictures, or of slices. */
async function pictureWay(searched: Searched, volumes: string | null): Promise<Way> {
  const { dataset, fingerprint, seconds, measure } = searched;
  const frames = candidateFrames(fingerprint.cases, dataset);
  const resolutions = await resolutionsOf(searched, frames);
  const first = resolutions.findIndex((one) => worstMean(one) >= survives);
  const needed = first < 0 ? resolutions.length - 1 : first;
  const found = await climb(pictureLadder(frames, needed), seconds, measure);
  if (!found)
    throw new ResourceError("there is not enough memory to train the smallest network there is; close other programs");
  return { climb: found, resolutions, needed: resolutions[needed], volumes };
}

/** @throws UsageError where a minute is no time at all */
function checkMinutes(minutes: number): void {
  if (Number.isFinite(minutes) && minutes > 0) return;
  throw new UsageError(`--minutes ${minutes}: give the minutes that training may take, a number above 0, such as 60`);
}

/** Where the time goes before the first step, and what is left. */
function timeFor(minutes: number, reading: number): { before: number; seconds: number } {
  const before = startSeconds + reading;
  return { before, seconds: timeShare * 60 * minutes - before };
}

/** Says before minutes of measuring that a file cannot be written. @throws ResourceError */
function requirePlace(out: string): void {
  const folder = dirname(resolve(out));
  try {
    makeFolder(folder);
    readdirSync(folder);
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw writeFailure(out, cause);
  }
}

/**
 * Looks at a data set, times training steps on this machine, and writes a configuration that `train` takes as it is.
 * @throws UsageError for minutes that are none, or too few for a step; an unknown domain; a file that is there already
 * @throws DataError when the data set cannot be opened, no domain has masks, or a training file is broken
 * @throws ResourceError when the file cannot be written
 */
export const planTraining: Workflow<PlanInput, Planned> = async (input, observer) => {
  const { minutes, out } = input;
  checkMinutes(minutes);
  if (existsSync(out) && !input.force)
    throw new UsageError(`${out} is there already; choose another file with --out, or replace it with --force`);
  requirePlace(out);
  // Before this process adds to it.
  const load = { programs: loadavg()[0], cores: availableParallelism() };
  const dataset = loadDataset(input.dataset);
  const labels = planLabels(dataset, input.labelled);
  let fingerprint: Fingerprint = { cases: [], domains: [], ownSpread: Number.NaN, broken: [] };
  const reading = await secondsOf(async () => {
    fingerprint = await fingerprintDataset(dataset, labels.domain, (done, total) =>
      observer.progress("reading", done, total),
    );
  });
  refuseBroken(fingerprint, dataset, observer.warn);
  const method = planMethod({ ...labels.split, ofVolumes: dataset.slices !== undefined });
  const { before, seconds } = timeFor(minutes, reading);
  const measure = rehearser(dataset, labels, method, seconds, observer);
  const searched = { dataset, labels, fingerprint, seconds, measure, progress: observer.progress };
  const volumes = dataset.slices ? await volumeWay(searched) : null;
  const way = volumes === null || typeof volumes === "string" ? await pictureWay(searched, volumes) : volumes;
  const { chosen } = way.climb;
  if (!chosen.schedule) {
    const { firstSeconds, stopSeconds } = chosen.rehearsal;
    const least = Math.ceil((10 * (before + firstSeconds + stopSeconds)) / 60 / timeShare) / 10;
    throw new UsageError(
      `--minutes ${minutes}: leaves no time for a single step on this machine; give at least ${least}`,
    );
  }
  const engine = resolveEngine(settings(dataset.path, labels, method, chosen.rung));
  const facts: PlanFacts = {
    ...{ ...way, dataset: seenFrom(dirname(resolve(out)), dataset.path), minutes, fingerprint, labels, method, before },
    ...{ schedule: chosen.schedule, precision: engine.precision, device: engine.device, threads: engine.threads ?? 1 },
    load,
  };
  const choices = choicesOf(facts);
  const planned: Planned = {
    choices,
    warnings: warningsOf(facts, dataset),
    leftOut: leftOut(facts),
    duration: durationText(facts),
    fingerprint: {
      domains: fingerprint.domains,
      ownSpread: fingerprint.ownSpread,
      labelledDomain: labels.domain,
      parts: partSummaries(fingerprint.cases, dataset),
    },
    resolutions: way.resolutions,
  };
  // What `train` would refuse is a defect of the plan, and not written.
  parseConfig(valuesOf(choices));
  writeFileAtomic(out, planYaml(choices, notesOf(planned, facts)));
  return planned;
};

/** What stands at the top of the file. */
function notesOf({ warnings, leftOut: more, duration }: Planned, facts: PlanFacts): string[] {
  return [
    `Planned by \`dimseg plan\` for ${facts.minutes} minutes on this machine; training will take about ${duration}.`,
    `Data: ${dataText(facts)}.`,
    ...more.map((one) => `Left out: ${one}.`),
    ...warnings.map((one) => `Warning: ${one}.`),
  ];
}
