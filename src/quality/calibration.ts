/**
 * What is learnt from labelled images, as they are and through scanners that do not exist: how signals go with Dice, and how
 * far from it estimates lie. Errors are those of models that have seen neither the subject nor any scanner like the one they
 * are tried on (cross-fitting), as no real image's subject or scanner was seen.
 */
import { groupBy } from "../core/group-by.js";
import { definedValues, mean } from "../statistics/mean.js";
import { percentile } from "../statistics/percentile.js";
import { estimateOfPattern, fitMonotone, type MonotoneModel, patternOf } from "./monotone-model.js";
import { type PartObservation, trueDice } from "./observation.js";
import { meanPattern, nearest, strangeness } from "./patterns.js";
import { type LabelledObservation, type PartReference, partReferences } from "./reference.js";
import { appliesTo, type SignalName, signalNames, signals } from "./signals/registry.js";
import type { Seen } from "./signals/signal.js";

/** A labelled image through a scanner. */
export interface ShiftedObservation extends LabelledObservation {
  /** The scanner's number; null where the image is as it was. */
  readonly scanner: number | null;
}

/** How one measure is estimated; it is in [0, 1] and rises with quality. */
export interface MeasureCalibration {
  readonly model: MonotoneModel;
  /** Mean error of estimates of 0, 0.05, … 1. */
  readonly spread: readonly number[];
  /** Errors of each scanner's masks in units of that spread. */
  readonly scores: readonly (readonly number[])[];
  /** Truth minus estimate of each scanner's masks. */
  readonly scannerErrors: readonly (readonly number[])[];
}

/** How estimates of a part are made: of its Dice, and of HD95. */
export interface PartCalibration extends MeasureCalibration {
  readonly part: string;
  /** Mean Dice on the labelled images as they are; of a network that fails there nothing is learnt that holds elsewhere. */
  readonly home: number;
  readonly reference: PartReference;
  /** The signals that are used: those that apply to the part and could be told of every mask. */
  readonly signals: readonly SignalName[];
  /** Of 1 − HD95 / diagonal; null where too few masks have an HD95. */
  readonly hd95: MeasureCalibration | null;
  /** Patterns of masks, and how strange those were that the model had not seen. */
  readonly patterns: readonly (readonly number[])[];
  readonly strangeness: readonly number[];
  /** The mean patterns of scanners, and the distance of each to the nearest other one. */
  readonly scannerPatterns: readonly (readonly number[])[];
  readonly scannerDistances: readonly number[];
}

/** A mask that is learnt from. */
interface Row {
  readonly signals: readonly number[];
  /** The measure. */
  readonly truth: number;
  readonly subject: string;
  readonly scanner: number | null;
}

/** Groups that models are tried on: subjects by so many, scanners by so many. */
const subjectFolds = 5;
const scannerFolds = 8;
/** Rows below which nothing can be learnt. */
const leastRows = 20;
/** Where errors are averaged: so many estimates, and of the number of all so large a share. */
const spreadSteps = 20;
const leastNeighbours = 20;
const neighbourShare = 1 / 6;
/** What every error has at least, of Dice and of distances. */
const leastSpread = { dice: 0.02, hd95: 0.005 };
/** Masks of a scanner below which its mean says little. */
const leastOfScanner = 3;

/** What is said of a mask by each signal. */
export function signalsOf(seen: Seen, reference: PartReference, names: readonly SignalName[]): number[] {
  return names.map((name) => signals[name].value(seen, reference));
}

/** Rows of a measure; of masks of which it is not known there is none. */
function rowsOf(
  part: number,
  reference: PartReference,
  all: readonly ShiftedObservation[],
  measure: (own: PartObservation) => number,
): Row[] {
  return all.flatMap(({ subject, scanner, seen: { parts, feature } }) => {
    const own = parts[part];
    const truth = measure(own);
    if (own.shape.area === 0 || Number.isNaN(truth)) return [];
    return [{ signals: signalsOf({ part: own, feature, subject }, reference, signalNames), truth, subject, scanner }];
  });
}

/** 1 where the masks' boundaries meet, 0 where they are a diagonal apart. */
function closeness({ hd95, diagonal }: PartObservation): number {
  return 1 - hd95 / diagonal;
}

/** An estimate of a row by a model that has not seen its like. */
interface Tried {
  readonly row: Row;
  readonly estimate: number;
  readonly strangeness: number;
}

function fitRows(rows: readonly Row[]): MonotoneModel {
  return fitMonotone(
    rows.map((row) => row.signals),
    rows.map(({ truth }) => truth),
  );
}

function crossFitted(rows: readonly Row[]): Tried[] {
  const subjects = [...new Set(rows.map(({ subject }) => subject))];
  const subjectFold = ({ subject }: Row) => (subjects.length < 2 ? -1 : subjects.indexOf(subject) % subjectFolds);
  const scannerFold = ({ scanner }: Row) => (scanner === null ? scannerFolds : scanner % scannerFolds);
  const groups = groupBy(rows, (row) => `${subjectFold(row)},${scannerFold(row)}`);
  return [...groups.values()].flatMap((tried) => {
    const [subject, scanner] = [subjectFold(tried[0]), scannerFold(tried[0])];
    const others = rows.filter((row) => (subject < 0 || subjectFold(row) !== subject) && scannerFold(row) !== scanner);
    if (others.length === 0) return [];
    const model = fitRows(others);
    const known = others.map((row) => patternOf(model, row.signals));
    return tried.map((row) => {
      const pattern = patternOf(model, row.signals);
      return { row, estimate: estimateOfPattern(model, pattern), strangeness: strangeness(pattern, known) };
    });
  });
}

/** Mean error of the estimates that are nearest to 0, 0.05, … 1. */
function spreadOf(tried: readonly Tried[], least: number): number[] {
  const count = Math.max(leastNeighbours, Math.floor(tried.length * neighbourShare));
  return Array.from({ length: spreadSteps + 1 }, (_, step) => {
    const at = step / spreadSteps;
    const near = [...tried].sort((a, b) => Math.abs(a.estimate - at) - Math.abs(b.estimate - at)).slice(0, count);
    return least + mean(near.map(({ row, estimate }) => Math.abs(row.truth - estimate)));
  });
}

/** The spread at an estimate in [0, 1]. */
export function spreadAt(spread: readonly number[], estimate: number): number {
  const place = Math.min(Math.max(estimate, 0), 1) * (spread.length - 1);
  const below = Math.min(Math.floor(place), spread.length - 2);
  return spread[below] + (place - below) * (spread[below + 1] - spread[below]);
}

/** Of each scanner, and of the images as they are, what belongs to it. */
function byScanner<T>(values: readonly T[], scannerOf: (value: T) => number | null): T[][] {
  return [...groupBy(values, (value) => String(scannerOf(value))).values()];
}

/** Whether the mean of a scanner's masks says something. */
const hasMean = ({ length }: readonly unknown[]) => length >= leastOfScanner;

/**
 * By how much the means of so many masks of one scanner are wrong: the fewer there are, the more each counts. As many means of
 * one scanner as of another, or of all its masks one where most scanners have not twice as many.
 */
export function meanErrors({ scannerErrors }: Pick<MeasureCalibration, "scannerErrors">, masks: number): number[] {
  if (scannerErrors.length === 0) return [];
  const usual = percentile(
    scannerErrors.map(({ length }) => length),
    50,
  );
  const means = Math.floor(usual / masks);
  return scannerErrors.flatMap((errors) => {
    if (means < 2 || errors.length < masks) return [Math.abs(mean(errors))];
    const possible = Math.min(means, Math.floor(errors.length / masks));
    return Array.from({ length: possible }, (_, i) => Math.abs(mean(errors.slice(i * masks, (i + 1) * masks))));
  });
}

/** Mean Dice on the labelled images as they are. */
function homeDice(part: number, all: readonly ShiftedObservation[]): number {
  const own = all.filter(({ scanner }) => scanner === null);
  return mean(definedValues(own.map(({ seen }) => trueDice(seen.parts[part]))));
}

/** @param tried the rows, each by a model that has not seen its like */
function calibrateMeasure(rows: readonly Row[], tried: readonly Tried[], least: number): MeasureCalibration {
  const spread = spreadOf(tried, least);
  const scanners = byScanner(tried, ({ row }) => row.scanner);
  const errorOf = ({ row, estimate }: Tried) => row.truth - estimate;
  return {
    model: fitRows(rows),
    spread,
    scores: scanners.map((group) => group.map((one) => Math.abs(errorOf(one)) / spreadAt(spread, one.estimate))),
    scannerErrors: scanners.filter(hasMean).map((group) => group.map(errorOf)),
  };
}

function calibratePart(
  name: string,
  part: number,
  reference: PartReference,
  all: readonly ShiftedObservation[],
): PartCalibration | null {
  // Where no labelled image holds the part every mask of it is wrong, which says nothing of images that do.
  if (reference.shape.mean.length === 0) return null;
  const every = rowsOf(part, reference, all, trueDice);
  if (every.length < leastRows) return null;
  const told = signalNames.map(
    (name, j) => appliesTo(name, reference) && every.every((row) => Number.isFinite(row.signals[j])),
  );
  const ofTold = (some: readonly Row[]) =>
    some.map((row) => ({ ...row, signals: row.signals.filter((_, j) => told[j]) }));
  const rows = ofTold(every);
  const tried = crossFitted(rows);
  // As where masks were predicted on the images as they are alone: how wrong estimates are is not known.
  if (tried.length === 0) return null;
  const dice = calibrateMeasure(rows, tried, leastSpread.dice);
  const distances = ofTold(rowsOf(part, reference, all, closeness));
  const distancesTried = crossFitted(distances);
  const patterns = rows.map((row) => patternOf(dice.model, row.signals));
  const scannerPatterns = byScanner(
    rows.map(({ scanner }, i) => ({ scanner, pattern: patterns[i] })),
    ({ scanner }) => scanner,
  )
    .filter(hasMean)
    .map((group) => meanPattern(group.map(({ pattern }) => pattern)));
  return {
    ...dice,
    part: name,
    home: homeDice(part, all),
    reference,
    signals: signalNames.filter((_, j) => told[j]),
    hd95:
      distances.length < leastRows || distancesTried.length === 0
        ? null
        : calibrateMeasure(distances, distancesTried, leastSpread.hd95),
    patterns,
    strangeness: tried.map((one) => one.strangeness),
    scannerPatterns,
    scannerDistances: scannerPatterns.map((pattern, i) =>
      nearest(
        pattern,
        scannerPatterns.filter((_, other) => other !== i),
      ),
    ),
  };
}

/**
 * Learns how to estimate the parts of a data set; null for those of which too few masks were predicted, or that no labelled
 * image holds.
 * @param parts their names
 * @param labelled the labelled images as they are; at least one
 * @param shifted  the same through scanners
 */
export function calibrate(
  parts: readonly string[],
  labelled: readonly LabelledObservation[],
  shifted: readonly ShiftedObservation[],
): (PartCalibration | null)[] {
  const all = [...labelled.map((one) => ({ ...one, scanner: null })), ...shifted];
  return partReferences(labelled).map((reference, part) => calibratePart(parts[part], part, reference, all));
}
