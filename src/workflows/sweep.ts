/** Many runs from one file, each trained and judged in a process of its own. */
import { resolve } from "node:path";
import { Children } from "../sweep/child.js";
import { loadGrid } from "../sweep/grid-file.js";
import { planSweep, type SweepPlan } from "../sweep/plan.js";
import { writeSweepRecord } from "../sweep/record.js";
import { type RunStatus, Sweep } from "../sweep/sweep.js";

/** What is to be swept over. */
export interface SweepInput {
  readonly grid: string;
  /** Runs at once. */
  readonly jobs: number;
  /** Folder of the runs; default: what the grid says. */
  readonly out?: string | undefined;
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

/**
 * Plans a sweep and writes its record, so that `compare` and `report` find its runs.
 * @param changed is told whenever a run's state changes
 * @throws UsageError for a grid that cannot be run, or whose folder holds other runs
 */
export function openSweep(input: SweepInput, changed: (status: RunStatus) => void): OpenedSweep {
  const grid = loadGrid(input.grid);
  const plan = planSweep(input.out === undefined ? grid : { ...grid, out: resolve(input.out) }, [...input.set]);
  const children = new Children([...input.commandLine]);
  const work = new Sweep(plan, { jobs: input.jobs, children, onChange: changed });
  writeSweepRecord(plan);
  return { plan, work };
}
