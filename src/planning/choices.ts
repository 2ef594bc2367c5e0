/** Every key of a plan's configuration with its reason. */
import { frameText } from "../grid/frame.js";
import type { Climb } from "./climb.js";
import { type Fingerprint, medians } from "./fingerprint.js";
import type { LabelPlan } from "./labels.js";
import { rungText } from "./ladder.js";
import type { MethodPlan } from "./method.js";
import { type Resolution, worstMean } from "./resolution.js";
import { mostIterations, type Schedule } from "./schedule.js";

/** A key, what it is set to, and why. */
export interface Choice {
  readonly path: readonly string[];
  readonly value: unknown;
  /** A sentence without its full stop. */
  readonly reason: string;
}

/** What the choices rest on. */
export interface PlanFacts {
  /** How the configuration names the data set. */
  readonly dataset: string;
  readonly minutes: number;
  readonly fingerprint: Fingerprint;
  readonly labels: LabelPlan;
  readonly method: MethodPlan;
  readonly climb: Climb;
  readonly schedule: Schedule;
  /** Seconds before the first step. */
  readonly before: number;
  /** At the sizes that were tried, ascending. */
  readonly resolutions: readonly Resolution[];
  /** The first at which what is labelled survives. */
  readonly needed: Resolution;
  /** Why patches or slices of volumes; null where the images are pictures. */
  readonly volumes: string | null;
  readonly precision: string;
  readonly device: string;
  readonly threads: number;
  /** Programs that ran or waited to run on this machine's cores when it was measured, and the number of these. */
  readonly load: { readonly programs: number; readonly cores: number };
}

/** A part survives a size at which a perfect prediction keeps so much Dice on average. */
export const survives = 0.95;

/** Dice in percent. */
export function percentText(value: number): string {
  return Number.isNaN(value) ? "none" : `${(100 * value).toFixed(1)} %`;
}

/** The asked-for minutes with their verb: `1 minute is`, `20 minutes are`. */
export function minutesAre(minutes: number): string {
  return minutes === 1 ? "1 minute is" : `${minutes} minutes are`;
}

/** Seconds with the digits that a measured time has. */
export function secondsText(seconds: number): string {
  return `${seconds < 1 ? seconds.toPrecision(2) : seconds.toFixed(1)} s`;
}

/** The resolution of the size that was chosen. */
export function chosenResolution({ resolutions, climb }: Pick<PlanFacts, "resolutions" | "climb">): Resolution {
  const { frame } = climb.chosen.rung;
  const found = resolutions.find((one) => one.frame?.height === frame?.height && one.frame?.width === frame?.width);
  if (!found) throw new Error("internal: chosenResolution: a size that was not tried");
  return found;
}

function sizeReason(facts: PlanFacts): string {
  const { fingerprint, needed, minutes } = facts;
  const { frame } = facts.climb.chosen.rung;
  const chosen = chosenResolution(facts);
  const [rows, columns] = (medians(fingerprint.cases.map(({ shape }) => shape.slice(-2))) as number[]).map(Math.round);
  const kept = `a perfect prediction keeps ${percentText(worstMean(chosen))} of Dice there, of the part that loses most`;
  const shape = `rows and columns as the median image of ${columns} x ${rows} has them`;
  if (worstMean(chosen) < survives && chosen === facts.resolutions.at(-1))
    return `the median image's own size, in multiples of 16; ${kept}`;
  if (needed.frame && frame && needed.frame.height * needed.frame.width > frame.height * frame.width)
    return `${kept}; ${frameText(needed.frame)} would keep ${percentText(worstMean(needed))}, but ${minutesAre(minutes)} not enough for it; ${shape}`;
  const first =
    chosen === needed
      ? `the first size tried at which every part keeps ${100 * survives} %`
      : "larger than it has to be, as there is time";
  return `${first}: ${kept}; ${shape}`;
}

function patchReason({ volumes, climb }: PlanFacts): string {
  return (
    `${volumes}; the median volume, shortened along the side that is longest beside it until steps are fast enough, in multiples ` +
    `of 16 (nnU-Net)${climb.next ? "" : "; no larger one was needed"}`
  );
}

function widthReason({ climb, minutes }: PlanFacts): string {
  const { rung } = climb.chosen;
  const enough = climb.isEnough
    ? `the time is enough for the ${rung.needs} steps that this width needs`
    : `the narrowest there is; ${minutesAre(minutes)} not enough for the ${rung.needs} steps that even this needs`;
  return climb.isEnough && climb.next ? `${enough}, and not for ${rungText(climb.next.rung)}` : enough;
}

function iterationsReason({ minutes, schedule, climb, before }: PlanFacts): string {
  const { stepSeconds, stopSeconds } = climb.chosen.rehearsal;
  const times =
    `steps of ${secondsText(stepSeconds)} and ${schedule.stops} stops of ${secondsText(stopSeconds)} as measured on this machine, ` +
    `and about ${secondsText(before)} before the first step`;
  return schedule.iterations >= mostIterations
    ? `the paper's number; the time left is better spent on another seed (${times})`
    : `what ${minutesAre(minutes)} enough for: ${times}`;
}

/** What the network sees: pictures of a size, or patches. */
function sizeChoices(facts: PlanFacts): Choice[] {
  const { frame, patch } = facts.climb.chosen.rung;
  if (patch) return [{ path: ["patch"], value: patch, reason: patchReason(facts) }];
  if (!frame) return [];
  const value = frame.height === frame.width ? frame.height : [frame.height, frame.width];
  const slices = facts.volumes ? `${facts.volumes}; ` : "";
  return [{ path: ["imageSize"], value, reason: slices + sizeReason(facts) }];
}

function networkChoices(facts: PlanFacts): Choice[] {
  const { rung } = facts.climb.chosen;
  const { name, width, ...others } = rung.model;
  const sides = rung.patch ?? [rung.frame?.height ?? 0, rung.frame?.width ?? 0];
  const bottom = sides.map((side) => side / 16).join(" x ");
  return [
    {
      path: ["model", "name"],
      value: name,
      reason: `${rung.patch ? "the 3-D U-Net of SSL4MIS" : "the U-Net of the paper's base"}; four halvings, the depth of all networks here, leave ${bottom} at the bottom`,
    },
    { path: ["model", "width"], value: width, reason: widthReason(facts) },
    ...Object.entries(others).map(([key, value]) => ({
      path: ["model", key],
      value,
      reason: "instance normalisation lost a whole class in short runs (studies/volumes)",
    })),
  ];
}

/** All of them, in the order of the file. */
export function choicesOf(facts: PlanFacts): Choice[] {
  const { labels, method, climb, schedule, device, precision, threads } = facts;
  const { rung } = climb.chosen;
  const where = device === "cpu" ? `the CPU, ${threads === 1 ? "one thread" : `${threads} threads`}` : device;
  const usesUnlabelled = method.method.name !== "supervised";
  return [
    { path: ["dataset"], value: facts.dataset, reason: "relative to this file" },
    { path: ["labelled", "domain"], value: labels.domain, reason: labels.reasons.domain },
    { path: ["labelled", "count"], value: labels.count, reason: labels.reasons.count },
    { path: ["labelled", "validation"], value: labels.validation, reason: labels.reasons.validation },
    ...sizeChoices(facts),
    ...networkChoices(facts),
    { path: ["method", "name"], value: method.method.name, reason: method.reasons.method },
    { path: ["optimizer", "name"], value: method.optimizer.name, reason: method.reasons.optimizer },
    {
      path: ["base", "rate"],
      value: 0.03,
      reason: "the paper's, of SGD with momentum 0.9; falls to 0 over the steps, however many there are",
    },
    { path: ["training", "iterations"], value: schedule.iterations, reason: iterationsReason(facts) },
    {
      path: ["training", "labelledBatch"],
      value: rung.labelledBatch,
      reason: rung.patch
        ? "two patches, nnU-Net's least; larger patches are worth more than more of them"
        : "the paper's; two images a batch did far worse in studies/family",
    },
    ...(usesUnlabelled
      ? [
          {
            path: ["training", "unlabelledBatch"],
            value: rung.unlabelledBatch,
            reason: "as many, since the method pairs them",
          },
        ]
      : []),
    {
      path: ["training", "precision"],
      value: precision,
      reason: `what ${where} multiplies fast; times above were measured there`,
    },
    {
      path: ["evaluation", "every"],
      value: schedule.every,
      reason:
        schedule.stops === 1
          ? "validated and saved once, at the end: more would take over a tenth of the time"
          : `validated and saved ${schedule.stops} times, which takes at most a tenth of the time`,
    },
  ];
}
