/** What each working size costs a perfect network, over the labelled cases: the table that a plan's size is chosen from. */
import { evenly } from "../core/evenly.js";
import { type Case, caseName, type Dataset } from "../data/dataset.js";
import { decodeCase } from "../data/decode.js";
import type { Frame } from "../grid/frame.js";
import { mean } from "../statistics/mean.js";
import { asStored } from "./case-fingerprint.js";
import { perfectDice, perfectDiceResampled } from "./perfect-dice.js";

/** One part at one working size. */
export interface PartResolution {
  readonly part: string;
  /** Mean Dice of perfect predictions over the cases that hold the part; NaN where none does. */
  readonly mean: number;
  /** The worst of them. */
  readonly worst: number;
  /** Name of the worst case; empty where there is none. */
  readonly worstCase: string;
  /** Cases in which nothing is left of the part. */
  readonly vanished: number;
  /** Cases that hold the part. */
  readonly cases: number;
}

/** All parts at one working size; frame null: volumes at the data set's spacing. */
export interface Resolution {
  readonly frame: Frame | null;
  readonly parts: readonly PartResolution[];
}

/** More would say little more, and each is resized to every size. */
const mostCases = 40;
/** Pixels that are resized in all, so that large images do not take for ever. */
const mostPixels = 1.5e9;
/** That many are looked at however large they are. */
const fewestCases = 5;

/** The labelled cases that are looked at. @param pixels of the largest one */
export function resolutionCases(labelled: readonly Case[], pixels: number, sizes: number): Case[] {
  const affordable = Math.floor(mostPixels / (pixels * Math.max(sizes, 1)));
  return evenly(labelled, Math.min(mostCases, Math.max(fewestCases, affordable)));
}

function summarise(
  names: readonly string[],
  parts: readonly string[],
  found: readonly (readonly number[])[],
): PartResolution[] {
  return parts.map((part, p) => {
    const held = found.flatMap((dices, i) => (Number.isNaN(dices[p]) ? [] : [{ dice: dices[p], name: names[i] }]));
    const worst = held.length === 0 ? null : held.reduce((least, one) => (one.dice < least.dice ? one : least));
    return {
      part,
      mean: mean(held.map(({ dice }) => dice)),
      worst: worst?.dice ?? Number.NaN,
      worstCase: worst?.name ?? "",
      vanished: held.filter(({ dice }) => dice === 0).length,
      cases: held.length,
    };
  });
}

/**
 * Measures perfect predictions of some cases at some sizes.
 * @param frames of networks of pictures; null stands for networks of volumes
 * @param onProgress called after each case with the number of cases done
 * @throws DataError for a case that cannot be decoded
 */
export async function measureResolutions(
  dataset: Dataset,
  cases: readonly Case[],
  frames: readonly (Frame | null)[],
  onProgress: (done: number) => void,
): Promise<Resolution[]> {
  const dices: number[][][] = frames.map(() => []);
  for (const [i, one] of cases.entries()) {
    const decoded = await decodeCase(asStored(dataset), one, "whole");
    frames.forEach((frame, f) => {
      dices[f].push(frame ? perfectDice(decoded, dataset, frame) : perfectDiceResampled(decoded, dataset));
    });
    onProgress(i + 1);
  }
  const [names, parts] = [cases.map(caseName), dataset.parts.map(({ name }) => name)];
  return frames.map((frame, f) => ({ frame, parts: summarise(names, parts, dices[f]) }));
}

/** The least mean of any part that some case holds; 1 where none does. */
export function worstMean({ parts }: Resolution): number {
  return parts.reduce((least, one) => (one.cases > 0 ? Math.min(least, one.mean) : least), 1);
}
