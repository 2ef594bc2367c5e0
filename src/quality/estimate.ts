/** Estimates of masks nobody has labelled, and their means over domains. */
import { groupBy } from "../core/group-by.js";
import { conformalRadius, groupedRadius } from "../statistics/conformal.js";
import { definedValues, mean } from "../statistics/mean.js";
import { type MeasureCalibration, meanErrors, type PartCalibration, signalsOf, spreadAt } from "./calibration.js";
import { estimateOfPattern, patternOf } from "./monotone-model.js";
import { type CaseObservation, type PartObservation, trueDice } from "./observation.js";
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

/** The level of intervals where none is asked for. */
export const usualLevel = 0.9;

/** Share of masks of known kind that are taken for unknown. */
const strangeShare = 0.01;

/** A distance in pixels of the grid that the network sees, with its interval. */
export interface DistanceEstimate {
  /** NaN where it is not known. */
  readonly estimate: number;
  /** 0 and the grid's diagonal where it is not known. */
  readonly low: number;
  readonly high: number;
  /** Against the reference; NaN where there is none, or one of the masks is empty. */
  readonly measured: number;
}

/** The estimate of one part of one case. */
export interface PartEstimate {
  readonly part: string;
  readonly ground: Ground;
  /** Estimated Dice in [0, 1]; NaN where the ground is unknown. */
  readonly dice: number;
  /**
   * The true Dice lies between these for a share of a clinic's masks that is the level, in as large a share of clinics, as far as
   * their like was seen; 0 and 1 where it is not known.
   */
  readonly low: number;
  readonly high: number;
  /** Whether the interval reaches below {@link doubtfulBelow}. */
  readonly doubtful: boolean;
  /** What each signal says by itself; empty where nothing was predicted. */
  readonly pattern: readonly number[];
  /** Dice against the reference; NaN where there is none. */
  readonly measured: number;
  readonly hd95: DistanceEstimate;
  /** Of the grid, in pixels. */
  readonly diagonal: number;
}

/** What tells one case from others. */
export interface EstimatedCase {
  readonly domain: string;
  readonly id: string;
  readonly parts: readonly PartEstimate[];
}

function unknownDistance({ diagonal, hd95 }: PartObservation): DistanceEstimate {
  return { estimate: Number.NaN, low: 0, high: diagonal, measured: hd95 };
}

function unknown(part: string, own: PartObservation, pattern: readonly number[]): PartEstimate {
  const nothing = { ground: "unknown", dice: Number.NaN, low: 0, high: 1, doubtful: true } as const;
  return { part, ...nothing, pattern, measured: trueDice(own), hd95: unknownDistance(own), diagonal: own.diagonal };
}

/** A measure in [0, 1] with its interval. */
function measureOf({ model, spread, scores }: MeasureCalibration, signals: readonly number[], level: number) {
  const estimate = estimateOfPattern(model, patternOf(model, signals));
  const radius = groupedRadius(scores, level) * spreadAt(spread, estimate);
  return { estimate, low: Math.max(0, estimate - radius), high: Math.min(1, estimate + radius) };
}

function distanceOf(
  own: PartObservation,
  calibration: MeasureCalibration | null,
  signals: readonly number[],
  level: number,
): DistanceEstimate {
  if (!calibration) return unknownDistance(own);
  const { estimate, low, high } = measureOf(calibration, signals, level);
  // The measure is closeness, 1 where the boundaries meet.
  const pixels = (closeness: number) => (1 - closeness) * own.diagonal;
  return { estimate: pixels(estimate), low: pixels(high), high: pixels(low), measured: own.hd95 };
}

/**
 * Estimates the parts of a case.
 * @param calibrations of the parts, in their order
 * @param names of the parts
 * @param level of the intervals, in (0, 1)
 */
export function estimateParts(
  { parts, feature }: CaseObservation,
  calibrations: readonly (PartCalibration | null)[],
  names: readonly string[],
  level: number,
): PartEstimate[] {
  return parts.map((own, p): PartEstimate => {
    const [part, calibration] = [names[p], calibrations[p]];
    if (!calibration) return unknown(part, own, []);
    const { reference, model, patterns } = calibration;
    const { diagonal } = own;
    const measured = trueDice(own);
    if (own.shape.area === 0) {
      if (!reference.always) return unknown(part, own, []);
      const nothing = { dice: 0, low: 0, high: 0, doubtful: true, pattern: [], hd95: unknownDistance(own) };
      return { part, ground: "empty", ...nothing, measured, diagonal };
    }
    const signals = signalsOf({ part: own, feature, subject: null }, reference, calibration.signals);
    // A signal that cannot be told, as restyling where no reference holds the part and none is found, is no good sign.
    if (signals.some(Number.isNaN)) return unknown(part, own, []);
    const pattern = patternOf(model, signals);
    const strangest = conformalRadius(calibration.strangeness, 1 - strangeShare);
    if (!(strangeness(pattern, patterns) <= strangest)) return unknown(part, own, pattern);
    const { estimate: dice, low, high } = measureOf(calibration, signals, level);
    const hd95 = distanceOf(own, calibration.hd95, signals, level);
    return {
      part,
      ground: "fitted",
      dice,
      low,
      high,
      doubtful: low < doubtfulBelow,
      pattern,
      measured,
      hd95,
      diagonal,
    };
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
  /** Mean over the cases in which something was found; measured: of those that have one. */
  readonly hd95: DistanceEstimate;
}

/** Share of unknown cases from which on a domain has no mean. */
const mostUnknown = 0.5;
/** Cases below which a mean pattern is no domain's. */
const leastCases = 3;

/** Distance of mean patterns, in Dice a signal, that is none: scanners that all do a network no harm are as good as one. */
const leastDistance = 0.05;

/** Whether a mean pattern is further from those of all scanners than scanners are from each other, at a level. */
function isUnlike(patterns: readonly (readonly number[])[], calibration: PartCalibration, level: number): boolean {
  if (patterns.length < leastCases) return false;
  const far = nearest(meanPattern(patterns), calibration.scannerPatterns);
  return far > Math.max(leastDistance, conformalRadius(calibration.scannerDistances, level));
}

/** The mean HD95; unknown where no case has an estimate, or with the domain. */
function domainDistance(
  estimates: readonly PartEstimate[],
  calibration: MeasureCalibration | null | undefined,
  level: number,
): DistanceEstimate {
  const measured = mean(definedValues(estimates.map(({ hd95 }) => hd95.measured)));
  const known = estimates.filter(({ hd95 }) => !Number.isNaN(hd95.estimate));
  const diagonal = mean((known.length > 0 ? known : estimates).map((one) => one.diagonal));
  if (!calibration || known.length === 0) return { estimate: Number.NaN, low: 0, high: diagonal, measured };
  const estimate = mean(known.map(({ hd95 }) => hd95.estimate));
  // The mean of one mask is as sure as that mask is.
  if (known.length === 1) return { ...known[0].hd95, measured };
  const radius = conformalRadius(meanErrors(calibration, known.length), level) * diagonal;
  return { estimate, low: Math.max(0, estimate - radius), high: Math.min(diagonal, estimate + radius), measured };
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
    return { ...counts, dice: Number.NaN, low: 0, high: 1, hd95: domainDistance(estimates, null, level) };
  const dice = mean(known.map((one) => one.dice));
  const hd95 = domainDistance(estimates, calibration.hd95, level);
  // What is said of empty masks is certain: it makes no error of its own.
  const fitted = known.filter(({ ground }) => ground === "fitted");
  const share = fitted.length / known.length;
  // The mean of one mask is as sure as that mask is.
  if (fitted.length === 1) return { ...counts, dice, low: share * fitted[0].low, high: share * fitted[0].high, hd95 };
  const radius = share === 0 ? 0 : conformalRadius(meanErrors(calibration, fitted.length), level) * share;
  return { ...counts, dice, low: Math.max(0, dice - radius), high: Math.min(1, dice + radius), hd95 };
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
