/**
 * From the values of a file to those that networks are given. There are three kinds: `bytes`, a window in 256 levels; `levels`,
 * the same window from 0 to 255 in real numbers; and `zscores`, each channel's values less their mean, in units of their
 * standard deviation. What a network makes of each is in augment/normalisation.ts.
 */
import type { Samples } from "../../grid/stored-image.js";
import {
  type FixedMoments,
  type IntensityRule,
  usualPercentiles,
  type ValueWindow,
  type WindowRule,
  windowOf,
  type ZScoreRule,
} from "../volumes/windows.js";

/** What values are that networks are given. */
export type ValueKind = "bytes" | "levels" | "zscores";

/** Values of an image as networks are given them. */
export type Values = Uint8Array | Float32Array;

/** What of a data set says what its values are. */
export interface ValueRule {
  readonly intensity?: IntensityRule;
  readonly values?: "float";
  readonly slices?: { readonly intensity: IntensityRule; readonly intensities?: readonly IntensityRule[] };
}

/** Whether a rule makes z-scores. */
export function isZScore(rule: IntensityRule | undefined): rule is ZScoreRule {
  return rule !== undefined && "zscore" in rule;
}

/** The window that values are shown in: of z-scores the one that they are cut off at, else the usual percentiles. */
export function shownWindow(rule: IntensityRule): WindowRule {
  return isZScore(rule) ? (rule.within ?? { percentiles: usualPercentiles }) : rule;
}

/** What the values of a data set's images are; all of its rules are of one kind (schema.ts). */
export function valueKindOf({ intensity, values, slices }: ValueRule): ValueKind {
  if (isZScore(slices?.intensities?.[0] ?? slices?.intensity ?? intensity)) return "zscores";
  return values === "float" ? "levels" : "bytes";
}

/** Values as 0 … 255, evenly spaced between those of a window and cut off beyond them; NaN becomes 0. */
export function windowed(samples: Samples, { low, high }: ValueWindow): Uint8Array {
  const bytes = new Uint8Array(samples.length);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Math.min(255, Math.max(0, Math.floor(((samples[i] - low) / (high - low)) * 255 + 0.5)));
  return bytes;
}

/** {@link windowed} without rounding. */
function levels(samples: Samples, { low, high }: ValueWindow): Float32Array {
  const values = new Float32Array(samples.length);
  for (let i = 0; i < values.length; i++)
    values[i] = Math.min(255, Math.max(0, ((samples[i] - low) / (high - low)) * 255));
  return values;
}

/** How z-scores of a channel are made: values cut off at the window's ends, less the mean, in units of the deviation. */
interface ZScale extends FixedMoments, ValueWindow {
  /** Whether values of 0 stay 0. */
  readonly keepsZeros: boolean;
}

/** How one channel's values are mapped. */
export type ChannelScale = ValueWindow | ZScale;

/** Nothing is cut off. */
const everything: ValueWindow = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

function cutOff(value: number, { low, high }: ValueWindow): number {
  return value < low ? low : value > high ? high : value;
}

/** Mean and deviation of the values that count; the deviation is 1 where all are equal. */
function momentsOf(samples: Samples, window: ValueWindow, counts: (value: number) => boolean): FixedMoments {
  let [count, sum] = [0, 0];
  for (const value of samples) {
    if (!counts(value)) continue;
    count++;
    sum += cutOff(value, window);
  }
  const mean = count === 0 ? 0 : sum / count;
  let squares = 0;
  for (const value of samples) if (counts(value)) squares += (cutOff(value, window) - mean) ** 2;
  const deviation = count === 0 ? 0 : Math.sqrt(squares / count);
  return { mean, deviation: deviation > 0 ? deviation : 1 };
}

function zScaleOf(samples: Samples, { zscore, within }: ZScoreRule): ZScale {
  const keepsZeros = zscore === "nonzero";
  const counts = keepsZeros ? (value: number) => value !== 0 : () => true;
  const window = within ? windowOf(samples, within, counts) : everything;
  const moments = typeof zscore === "object" ? zscore : momentsOf(samples, window, counts);
  return { keepsZeros, ...window, ...moments };
}

/** How a rule maps the values of a channel. @param samples all of the channel */
export function scaleOf(samples: Samples, rule: IntensityRule): ChannelScale {
  return isZScore(rule) ? zScaleOf(samples, rule) : windowOf(samples, rule);
}

/** Values of a channel, all or a part of them, as networks are given them: a new array. */
export function scaled(samples: Samples, scale: ChannelScale, kind: ValueKind): Values {
  if (!("mean" in scale)) return kind === "bytes" ? windowed(samples, scale) : levels(samples, scale);
  const { keepsZeros, mean, deviation } = scale;
  const values = new Float32Array(samples.length);
  for (let i = 0; i < values.length; i++)
    values[i] = keepsZeros && samples[i] === 0 ? 0 : (cutOff(samples[i], scale) - mean) / deviation;
  return values;
}

/** New values of a kind, all 0. */
export function newValues(kind: ValueKind, length: number): Values {
  return kind === "bytes" ? new Uint8Array(length) : new Float32Array(length);
}
