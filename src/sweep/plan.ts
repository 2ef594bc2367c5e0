/** The runs of a sweep with their folders, each checked before anything is started: a typing error costs no night. */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { loadConfig, readResolvedConfig, type TrainingConfig, type WantedConfig } from "../config/config.js";
import { isPlainObject } from "../config/config-tree.js";
import { DimsegError, UsageError } from "../core/errors.js";
import { expandGrid, folderText, type GridPoint } from "./expand.js";
import type { EvaluateSection, GridFile } from "./grid-file.js";

/** One run to be made. */
export interface PlannedRun {
  /** Name of the configuration; runs that differ in the seed alone share it. */
  name: string;
  seed: number;
  /** Name of its folder. */
  id: string;
  /** Absolute path. */
  folder: string;
  assignments: string[];
  config: WantedConfig;
}

/** What a sweep is going to do. */
export interface SweepPlan {
  base: string;
  out: string;
  /** The first seed of every point comes before the second of any, so that a half-done sweep can be compared. */
  runs: PlannedRun[];
  evaluate: EvaluateSection;
}

/** How long a run's folder name may be; file systems take 255 bytes. */
const maximumIdBytes = 200;

function planRun({ base, out, evaluate }: GridFile, { name, assignments }: GridPoint, seed: number): PlannedRun {
  const where = `run "${name}"`;
  const text = folderText(name);
  const id = `${text}-seed${seed}`;
  if (text === "" || Buffer.byteLength(id) > maximumIdBytes) {
    throw new UsageError(`${where}: no folder can be named after it; give it a short name with letters under runs:`);
  }
  const all = [...assignments, `training.seed=${seed}`];
  if (assignments.some((one) => one.startsWith("training.seed="))) {
    throw new UsageError(`${where}: sets training.seed; list the seeds under seeds: instead`);
  }
  let config: WantedConfig;
  try {
    config = loadConfig(base, all);
  } catch (cause) {
    if (!(cause instanceof DimsegError)) throw cause;
    throw new UsageError(`${where}: ${cause.message}`, { cause });
  }
  const { validation } = config.labelled;
  if (evaluate.checkpoints.includes("best") && validation === 0) {
    throw new UsageError(
      `${where}: evaluate.checkpoints asks for best, but labelled.validation is 0; set it, or take last`,
    );
  }
  if (evaluate.checkpoints.includes("best-on-test") && !config.evaluation.monitorTest) {
    throw new UsageError(`${where}: evaluate.checkpoints asks for best-on-test; set evaluation.monitorTest: true`);
  }
  return { name, seed, id, folder: join(out, id), assignments: all, config };
}

/**
 * Plans all runs.
 * @param assignments for all runs, applied before their own
 * @throws UsageError naming the run whose configuration is wrong, or two runs that would share a folder
 */
export function planSweep(grid: GridFile, assignments: readonly string[] = []): SweepPlan {
  const points = expandGrid(grid).map((point) => ({ ...point, assignments: [...assignments, ...point.assignments] }));
  const runs = grid.seeds.flatMap((seed) => points.map((point) => planRun(grid, point, seed)));
  const seen = new Map<string, PlannedRun>();
  for (const run of runs) {
    const other = seen.get(run.id.toLowerCase());
    if (other) {
      throw new UsageError(
        `runs "${other.name}" (seed ${other.seed}) and "${run.name}" (seed ${run.seed}) would share the folder ${run.id}; rename one`,
      );
    }
    seen.set(run.id.toLowerCase(), run);
  }
  return { base: grid.base, out: grid.out, runs, evaluate: grid.evaluate };
}

/** The first key, dotted, in which two trees differ. */
function firstDifference(a: unknown, b: unknown, path: readonly string[] = []): string | null {
  if (isPlainObject(a) && isPlainObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = firstDifference(a[key], b[key], [...path, key]);
      if (found !== null) return found;
    }
    return null;
  }
  return isDeepStrictEqual(a, b) ? null : path.join(".");
}

/** Ids as they are asked for, where the data set says which they are. */
function askedFurther({ labelled }: WantedConfig, found: TrainingConfig) {
  const wanted = labelled.further;
  const isOpen = wanted === "added" || Object.values(wanted ?? {}).includes("all");
  return isOpen ? wanted : found.labelled.further;
}

/** The checkpoint as it is asked for, where the earlier run says which step that is. */
function askedInitial({ initial }: WantedConfig) {
  return initial && { checkpoint: initial.checkpoint, weights: initial.weights };
}

/**
 * Refuses a folder whose run has other settings than the plan says, so that results never lie under a wrong name.
 * What the plan leaves to the machine (`auto`, threads) or to the data set (`all` labelled cases) may be anything.
 * @throws UsageError naming the folder, the key and both values
 */
export function checkSameSettings({ config, folder }: PlannedRun, configPath: string): void {
  const found = readResolvedConfig(configPath);
  const training = Object.fromEntries(
    Object.entries(found.training).map(([key, value]) => {
      const wanted = config.training[key as keyof WantedConfig["training"]];
      return [key, wanted === "auto" || wanted === undefined ? wanted : value];
    }),
  );
  const count = config.labelled.count === "all" ? "all" : found.labelled.count;
  const labelled = { ...found.labelled, count, further: askedFurther(config, found) };
  const initial = found.initial && { ...found.initial, ...askedInitial(config) };
  const key = firstDifference({ ...found, training, labelled, initial }, config);
  if (key === null) return;
  const at = (tree: unknown) =>
    JSON.stringify(
      key.split(".").reduce<unknown>((below, part) => (isPlainObject(below) ? below[part] : undefined), tree),
    );
  throw new UsageError(
    `${folder} holds a run with ${key}: ${at(found)}, but the grid says ${at(config)}; remove that folder or choose another one with --out`,
  );
}
