/** Runs that differ in nothing but their seed are one row of a table. */
import { isPlainObject } from "../config/config-tree.js";
import { UsageError } from "../core/errors.js";
import { groupBy } from "../core/group-by.js";
import type { ComparedRun } from "./read-run.js";

/** The runs of one configuration, by seed. */
export interface RunGroup {
  name: string;
  /** At least one, of different seeds, in the order of their seeds. */
  runs: ComparedRun[];
}

/** What of a configuration makes an experiment: not the seed, not where and how it was computed. */
function experiment({ config }: ComparedRun): Record<string, unknown> {
  const { dataset: _dataset, preset: _preset, logging: _logging, ...rest } = config;
  const {
    seed: _seed,
    threads: _threads,
    device: _device,
    memoryFormat: _format,
    capture: _capture,
    ...training
  } = config.training;
  const { monitorTest: _monitor, followUnlabelled: _follow, ...evaluation } = config.evaluation;
  return { ...rest, training, evaluation };
}

/** Text that is the same for the same tree, in whatever order its keys were written. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isPlainObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

/** Leaves of a tree by dotted key. */
function leaves(tree: object, prefix = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    isPlainObject(value) ? leaves(value, `${prefix}${key}.`) : [[prefix + key, String(value)]],
  );
}

const seedOf = ({ config }: ComparedRun) => config.training.seed;

function makeGroup(runs: readonly ComparedRun[]): RunGroup {
  const sorted = [...runs].sort((a, b) => seedOf(a) - seedOf(b));
  const twice = sorted.findIndex((run, i) => i > 0 && seedOf(run) === seedOf(sorted[i - 1]));
  if (twice > 0) {
    throw new UsageError(
      `${sorted[twice - 1].folder} and ${sorted[twice].folder} are the same experiment with the same seed ${seedOf(sorted[twice])}; leave one out, or the spread is too small`,
    );
  }
  return { name: [...new Set(runs.map(({ name }) => name))].join(" / "), runs: sorted };
}

/** Adds to names that several groups share the settings in which those differ. */
function withDistinctNames(groups: readonly RunGroup[]): RunGroup[] {
  return groups.map((group) => {
    const same = groups.filter(({ name }) => name === group.name);
    if (same.length === 1) return group;
    const settings = same.map(({ runs }) => new Map(leaves(experiment(runs[0]))));
    const own = settings[same.indexOf(group)];
    const differing = [...own].filter(([key, value]) => settings.some((other) => other.get(key) !== value));
    return { ...group, name: `${group.name} (${differing.map(([key, value]) => `${key}=${value}`).join(", ")})` };
  });
}

/**
 * Groups runs by configuration, in the order in which the configurations first appear.
 * @throws UsageError naming two runs that are the same experiment with the same seed
 */
export function groupRuns(runs: readonly ComparedRun[]): RunGroup[] {
  const byExperiment = groupBy(runs, (run) => canonical(experiment(run)));
  return withDistinctNames([...byExperiment.values()].map(makeGroup));
}
