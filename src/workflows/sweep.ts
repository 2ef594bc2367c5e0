/** Many runs from one file, each trained and judged in a process of its own. */
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { UsageError } from "../core/errors.js";
import { nearestWord } from "../core/nearest-word.js";
import { Children } from "../sweep/child.js";
import { loadGrid } from "../sweep/grid-file.js";
import { planSweep, type SweepPlan } from "../sweep/plan.js";
import { writeSweepRecord } from "../sweep/record.js";
import { type RunStatus, Sweep } from "../sweep/sweep.js";
import { runMemory } from "./machine/run-memory.js";

/** What is to be swept over. */
export interface SweepInput {
  readonly grid: string;
  /** Runs at once; auto: as many as cores and memory allow. */
  readonly jobs: number | "auto";
  /** Folder of the runs; default: what the grid says. */
  readonly out?: string | undefined;
  /** Names of the folders of the runs to make; default: all of the grid. */
  readonly only?: readonly string[] | undefined;
  /** Overrides of single keys in all runs. */
  readonly set: readonly string[];
  /** The command line that children are started with, as `["node", "main.js"]`. */
  readonly commandLine: readonly string[];
}

/** A sweep that is ready to run; `work.run()` runs it and `work.stop()` ends it. */
export interface OpenedSweep {
  readonly plan: SweepPlan;
  readonly work: Sweep;
}

/** @throws UsageError for a grid that cannot be run */
export function planOf({ grid: path, out, set }: Pick<SweepInput, "grid" | "out" | "set">): SweepPlan {
  const grid = loadGrid(path);
  return planSweep(out === undefined ? grid : { ...grid, out: resolve(out) }, [...set]);
}

/** @throws UsageError naming the run that is most like one that is not there */
function chosen(plan: SweepPlan, only: readonly string[]): SweepPlan {
  const ids = plan.runs.map(({ id }) => id);
  const unknown = only.find((id) => !ids.includes(id));
  if (unknown !== undefined) {
    const near = nearestWord(unknown, ids);
    throw new UsageError(
      `--only ${unknown}: the grid has no such run${near === undefined ? `; it has ${ids.join(", ")}` : `; did you mean ${near}?`}`,
    );
  }
  return { ...plan, runs: plan.runs.filter(({ id }) => only.includes(id)) };
}

/**
 * Plans a sweep and writes its record, so that `compare` and `report` find its runs.
 * @param changed is told whenever a run's state changes
 * @throws UsageError for a grid that cannot be run, or whose folder holds other runs
 */
export function openSweep(input: SweepInput, changed: (status: RunStatus) => void): OpenedSweep {
  const whole = planOf(input);
  const plan = input.only === undefined ? whole : chosen(whole, input.only);
  const children = new Children([...input.commandLine]);
  const jobs = input.jobs === "auto" ? { cores: availableParallelism(), memory: runMemory } : input.jobs;
  const work = new Sweep(plan, { jobs, children, onChange: changed });
  writeSweepRecord(whole);
  return { plan, work };
}
