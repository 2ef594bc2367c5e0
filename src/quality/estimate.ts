/** Estimates of masks nobody has labelled, and their means over domains. */
import { groupBy } from "../core/group-by.js";
import { conformalRadius } from "../statistics/conformal.js";
import { mean } from "../statistics/mean.js";
import { type PartCalibration, signalsOf, spreadAt } from "./calibration.js";
import { diceOfPattern, patternOf } from "./monotone-model.js";
import { type CaseObservation, trueDice } from "./observation.js";
import { meanPattern, nearest, strangeness } from "./patterns.js";

/**
 * What an estimate rests on: `fitted`, the signals; `empty`, nothing was predicted of a part that every labelled image
 * holds; `unknown`, signals unlike all that were seen where the truth is known, or nothing predicted of a part that images
 * may lack.
 */
export type Ground = "fitted" | "empty" | "unknown";

/** Dice below which a mask is doubtful if it may be that bad. */
export const doubtfulBelow = 0.5;

/** Mean Dice on the labelled images below which a network is called weak at home. */
const weakBelow = 0.6;

/** Parts that a network finds so badly on its own labelled images that estimates of them hold nowhere else. */
export function weakParts(calibrations: readonly (PartCalibration | null)[]): string[] {
  return calibrations.flatMap((one) => (one && !(one.home >= weakBelow) ? [one.part] : []));
}

/** Probability of intervals where none is asked for. */
export const usualLevel = 0.9;

/** Share of masks of known kind that are taken for unknown. */
const strangeShare = 0.01;

/** The estimate of one part of one case. */
export interface PartEstimate {
  readonly part: string;
  readonly ground: Ground;
  /** Estimated Dice in [0, 1]; NaN where the ground is unknown. */
  readonly dice: number;
  /** The true Dice is between these with the level's probability, as far as the image's like was seen; 0 and 1 where it is not known. */
  readonly low: number;
  readonly high: number;
  /** Whether the interval reaches below {@link doubtfulBelow}. */
  readonly doubtful: boolean;
  /** What each signal says by itself; empty where nothing was predicted. */
  readonly pattern: readonly number[];
  /** Dice against the reference; NaN where there is none. */
  readonly measured: number;
}

/** What tells one case from others. */
export interface EstimatedCase {
  readonly domain: string;
  readonly id: string;
  readonly parts: readonly PartEstimate[];
}

function unknown(part: string, pattern: readonly number[], measured: number): PartEstimate {
  return { part, ground: "unknown", dice: Number.NaN, low: 0, high: 1, doubtful: true, pattern, measured };
}

/**
 * Estimates the parts of a case.
 * @param calibrations of the parts, in their order
 * @param names of the parts
 * @param level probability of the interval, in (0, 1)
 */
export function estimateParts(
  { parts, feature }: CaseObservation,
  calibrations: readonly (PartCalibration | null)[],
  names: readonly string[],
  level: number,
): PartEstimate[] {
  return parts.map((part, p): PartEstimate => {
    const calibration = calibrations[p];
    const measured = trueDice(part);
    if (!calibration) return unknown(names[p], [], measured);
    const { reference, model, spread, scores, patterns } = calibration;
    if (part.shape.area === 0) {
      if (!reference.always) return unknown(names[p], [], measured);
      return { part: names[p], ground: "empty", dice: 0, low: 0, high: 0, doubtful: true, pattern: [], measured };
    }
    const pattern = patternOf(model, signalsOf({ part, feature, subject: null }, reference, calibration.signals));
    const strangest = conformalRadius(calibration.strangeness, 1 - strangeShare);
    if (!(strangeness(pattern, patterns) <= strangest)) return unknown(names[p], pattern, measured);
    const dice = diceOfPattern(model, pattern);
    const radius = conformalRadius(scores, level) * spreadAt(spread, dice);
    const [low, high] = [Math.max(0, dice - radius), Math.min(1, dice + radius)];
    return { part: names[p], ground: "fitted", dice, low, high, doubtful: low < doubtfulBelow, pattern, measured };
  });
}

/** One part of the cases of a domain. */
export interface DomainEstimate {
  readonly domain: string;
  readonly part: string;
  readonly cases: number;
  /** Cases of unknown ground; the mean is over the others. */
  readonly unknown: number;
  readonly doubtful: number;
  /** Whether the domain is like none that was seen where the truth is known, so that there is no mean. */
  readonly unlike: boolean;
  /** Mean Dice; NaN where it is not known. */
  readonly dice: number;
  readonly low: number;
  readonly high: number;
  /** Mean Dice against the references of the cases that have one; NaN where none has. */
  readonly measured: number;
  readonly measuredCases: number;
}

/** Share of unknown cases from which on a domain has no mean. */
const mostUnknown = 0.5;
/** Cases below which a mean pattern is no domain's. */
const leastCases = 3;

/** Whether a mean pattern is further from those of all scanners than scanners are from each other, at a level. */
function isUnlike(patterns: readonly (readonly number[])[], calibration: PartCalibration, level: number): boolean {
  if (patterns.length < leastCases) return false;
  const far = nearest(meanPattern(patterns), calibration.scannerPatterns);
  return far > conformalRadius(calibration.scannerDistances, level);
}

function domainEstimate(
  domain: string,
  estimates: readonly PartEstimate[],
  calibration: PartCalibration | null,
  level: number,
): DomainEstimate {
  const known = estimates.filter(({ ground }) => ground !== "unknown");
  const patterns = estimates.map(({ pattern }) => pattern).filter(({ length }) => length > 0);
  const unlike = calibration === null || isUnlike(patterns, calibration, level);
  const measured = estimates.map((one) => one.measured).filter((value) => !Number.isNaN(value));
  const counts = {
    ...{ domain, part: estimates[0].part, cases: estimates.length, unknown: estimates.length - known.length },
    doubtful: estimates.filter(({ doubtful }) => doubtful).length,
    ...{ unlike, measured: mean(measured), measuredCases: measured.length },
  };
  if (unlike || known.length === 0 || counts.unknown > mostUnknown * counts.cases)
    return { ...counts, dice: Number.NaN, low: 0, high: 1 };
  const dice = mean(known.map((one) => one.dice));
  // What is said of empty masks is certain: it makes no error of its own.
  const fitted = known.filter(({ ground }) => ground === "fitted").length / known.length;
  const radius = fitted === 0 ? 0 : conformalRadius(calibration.meanErrors, level) * fitted;
  return { ...counts, dice, low: Math.max(0, dice - radius), high: Math.min(1, dice + radius) };
}

/** The means of each domain and part, in order of appearance. */
export function domainEstimates(
  cases: readonly EstimatedCase[],
  calibrations: readonly (PartCalibration | null)[],
  level: number,
): DomainEstimate[] {
  return [...groupBy(cases, ({ domain }) => domain)].flatMap(([domain, own]) =>
    calibrations.map((calibration, p) =>
      domainEstimate(
        domain,
        own.map(({ parts }) => parts[p]),
        calibration,
        level,
      ),
    ),
  );
}
