/** The calibration of a run as a file in its folder, so that later estimates need not ask about the labelled images again. */
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { PartCalibration } from "./calibration.js";
import { termCount } from "./monotone-model.js";
import { signalNames } from "./signals/registry.js";

/** What a calibration belongs to; another network, or others beside it, need another one. */
export interface CalibrationKey {
  readonly dimseg: string;
  /** Names of all signals that were known then. */
  readonly signals: readonly string[];
  readonly step: number;
  readonly network: string;
  /** Further runs whose networks were asked, with their steps. */
  readonly with: readonly string[];
  /** Steps of the run's other checkpoints that were asked. */
  readonly checkpoints: readonly number[];
  /** Names and contents of the labelled images. */
  readonly labelled: string;
}

const numbers = z.array(z.number());
/** JSON has no infinity. */
const distances = z.array(
  z
    .number()
    .nullable()
    .transform((value) => value ?? Number.POSITIVE_INFINITY),
);
const map = z.strictObject({ at: numbers, value: numbers });

const measure = {
  // A model of an earlier kind has another number of weights for its maps.
  model: z
    .strictObject({ maps: z.array(map), weights: numbers, last: map })
    .refine(({ maps, weights }) => weights.length === termCount(maps.length)),
  ...{ spread: numbers, scores: z.array(numbers), scannerErrors: z.array(numbers) },
};

const part = z.strictObject({
  ...measure,
  part: z.string(),
  // Undefined, hence null, where nothing was predicted there.
  home: z
    .number()
    .nullable()
    .transform((value) => value ?? Number.NaN),
  reference: z.strictObject({
    features: z.array(z.strictObject({ subject: z.string(), feature: numbers })),
    spread: numbers,
    usual: z.number(),
    temperature: z.number(),
    shape: z.strictObject({ mean: numbers, spread: numbers }),
    ...{ always: z.boolean(), many: z.boolean() },
  }),
  signals: z.array(z.enum(signalNames)),
  hd95: z.strictObject(measure).nullable(),
  ...{ patterns: z.array(numbers), strangeness: distances },
  ...{ scannerPatterns: z.array(numbers), scannerDistances: distances },
});

const schema = z.strictObject({ key: z.unknown(), parts: z.array(part.nullable()) });

/** The file's text. */
export function formatCalibration(key: CalibrationKey, parts: readonly (PartCalibration | null)[]): string {
  return `${JSON.stringify({ key, parts })}\n`;
}

/** What was kept for a key; undefined where nothing was, or for another key, or the file is not as it was written. */
export function readCalibration(path: string, key: CalibrationKey): (PartCalibration | null)[] | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const { success, data } = schema.safeParse(JSON.parse(readFileSync(path, "utf8")));
    return success && JSON.stringify(data.key) === JSON.stringify(key) ? data.parts : undefined;
  } catch {
    // It is made anew.
    return undefined;
  }
}
