/**
 * Whether a run is resumed under the conditions it began under: with its own settings, which must not change, and on an
 * engine and processor that give the same bits, which may.
 */
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { parseResolvedConfig, readResolvedConfig, type TrainingConfig } from "../config/config.js";
import { UsageError } from "../core/errors.js";
import type { RunFolder } from "./run-folder.js";

/** What of a run's environment.json decides its bits; runs of older versions lack some. */
const schema = z.object({
  dimseg: z.string(),
  gpus: z.array(z.string()).optional(),
  engine: z
    .object({
      version: z.string().optional(),
      processes: z.int().optional(),
      instructions: z
        .object({ aten: z.string(), processor: z.array(z.string()), limits: z.record(z.string(), z.string()) })
        .optional(),
    })
    .optional(),
  config: z.unknown().optional(),
});

/** The record of a run's start, as far as it is compared. */
export type Conditions = z.output<typeof schema>;

/** The record of a run's start; null when it cannot be read. */
export function readConditions({ environment }: RunFolder): Conditions | null {
  try {
    return schema.parse(JSON.parse(readFileSync(environment, "utf8")));
  } catch {
    return null;
  }
}

/** Where the data set lies and what computes may change: contents and bits are compared by themselves. */
const ofThePlace = new Set(["dataset", "training.device", "training.threads"]);

/** Where the data set lies and how its images are held change no bit. */
function changesNoBit(key: string): boolean {
  return key === "dataset" || /^data\.(?:cache|threads|ahead)/.test(key);
}

/** The keys of two configurations whose values differ, as `training.iterations`. */
function differing(before: unknown, now: unknown, key = ""): { key: string; before: unknown; now: unknown }[] {
  if (isDeepStrictEqual(before, now)) return [];
  const isSection = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
  if (!isSection(before) || !isSection(now)) return [{ key, before, now }];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return keys.flatMap((one) => differing(before[one], now[one], key === "" ? one : `${key}.${one}`));
}

/**
 * The settings of a run that is to be resumed, which must be those it began with: the learning rate and the ramps
 * depend on them, and its record would claim the new ones for all steps.
 * @param warn told of a device or number of threads that is another now, and of a run that keeps no record to compare with
 * @throws UsageError naming the key that was edited, with both values
 */
export function readUnchangedConfig(
  run: RunFolder,
  begun: Conditions | null,
  warn: (message: string) => void,
): TrainingConfig {
  const config = readResolvedConfig(run.config);
  if (begun?.config === undefined) {
    warn(`${run.environment} keeps no settings to compare with: whether config.yaml was edited cannot be told`);
    return config;
  }
  const text = (value: unknown) => JSON.stringify(value) ?? "not set";
  const changes = differing(parseResolvedConfig(begun.config, run.environment), config);
  const edited = changes.find(({ key }) => !ofThePlace.has(key) && !changesNoBit(key));
  if (edited) {
    throw new UsageError(
      `${run.config}: ${edited.key} is ${text(edited.now)}, but the run began with ${text(edited.before)}; ` +
        "put it back, or begin a new run with the other settings",
    );
  }
  for (const { key, before, now } of changes) {
    if (!changesNoBit(key))
      warn(`${run.config}: ${key} is ${text(now)}, the run began with ${text(before)}; ${bitsMayDiffer}`);
  }
  return config;
}

const bitsMayDiffer = "from here on its bits may differ from those of an uninterrupted run";

/** What decides bits and is another now than at the run's start: one sentence, or null. */
export function changedConditions(begun: Conditions, now: Conditions, device: string): string | null {
  const changes: string[] = [];
  const compare = (what: string, before: string | undefined, present: string | undefined) => {
    if (before !== undefined && present !== undefined && before !== present)
      changes.push(`${what} ${before}, now ${present}`);
  };
  compare("dimseg", begun.dimseg, now.dimseg);
  compare("libtorch", begun.engine?.version, now.engine?.version);
  const together = ({ engine }: Conditions) => engine?.processes ?? 1;
  compare("this number of processes:", String(together(begun)), String(together(now)));
  const [before, present] = [begun.engine?.instructions, now.engine?.instructions];
  if (before && present) {
    compare("ATen's kernels for", before.aten, present.aten);
    const only = (some: readonly string[], others: readonly string[]) => some.filter((one) => !others.includes(one));
    const [lost, gained] = [only(before.processor, present.processor), only(present.processor, before.processor)];
    if (lost.length > 0) changes.push(`a processor with ${lost.join(", ")}`);
    if (gained.length > 0) changes.push(`a processor without ${gained.join(", ")}`);
    compare("limits", JSON.stringify(before.limits), JSON.stringify(present.limits));
  }
  if (device !== "cpu") compare("graphics processor", begun.gpus?.join(" and "), now.gpus?.join(" and "));
  return changes.length === 0 ? null : `the run began with ${changes.join("; ")}: ${bitsMayDiffer}`;
}
