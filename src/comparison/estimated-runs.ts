/** Runs with what `dimseg estimate` said of them, for data that nobody has labelled. */
import { existsSync } from "node:fs";
import { readResolvedConfig, type TrainingConfig } from "../config/config.js";
import { UsageError } from "../core/errors.js";
import { shellWord } from "../core/shell-word.js";
import type { CheckpointName, NetworkName } from "../runs/checkpoints/checkpoint-names.js";
import { CheckpointStore } from "../runs/checkpoints/checkpoint-store.js";
import { type EstimateSummary, readEstimateSummary } from "../runs/estimate-summary.js";
import { openRunFolder } from "../runs/run-folder.js";
import { isSweepFolder, readSweepRecord } from "../sweep/record.js";
import { checkTrained, nameOfFolder, stepNow, UnfinishedRun } from "./read-run.js";

/** Which of a run's estimates. */
export interface EstimateChoice {
  readonly checkpoint: CheckpointName;
  readonly network: NetworkName;
}

/** A run and its estimates. */
export interface EstimatedRun {
  /** Name of its configuration. */
  readonly name: string;
  readonly folder: string;
  readonly config: TrainingConfig;
  readonly summary: EstimateSummary;
}

/**
 * Reads a run's estimates.
 * @throws UnfinishedRun when it was not trained to its end, or nothing was estimated of the checkpoint; UsageError when it
 *   is no run; DataError when a file is damaged
 */
function readEstimated(path: string, { checkpoint, network }: EstimateChoice, name: string): EstimatedRun {
  if (!existsSync(path)) throw new UnfinishedRun(`${path} does not exist; give a run folder or a sweep's folder`);
  const run = openRunFolder(path);
  const config = readResolvedConfig(run.config);
  const store = new CheckpointStore(run.checkpoints, { keep: 1, warn: () => {} });
  checkTrained(run, config, store);
  const command = `dimseg estimate ${shellWord(run.path)} --checkpoint ${checkpoint} --network ${network}`;
  const summary = readEstimateSummary(run, checkpoint, network);
  if (summary === null)
    throw new UnfinishedRun(`${run.path} has no estimate of ${checkpoint}, ${network}; run \`${command}\``);
  const [step, now] = [summary.checkpoint.step, stepNow(run, config, store, checkpoint)];
  if (now !== undefined && step !== now)
    throw new UnfinishedRun(
      `${run.path} was estimated at step ${step}, but its checkpoint "${checkpoint}" is of step ${now}; run \`${command}\` again`,
    );
  return { name, folder: run.path, config, summary };
}

/** The runs that are estimated, and a sentence for each folder of a sweep of which some are not. */
export interface FoundEstimates {
  readonly runs: EstimatedRun[];
  readonly leftOut: string[];
}

/**
 * Reads the estimates of all runs of some folders.
 * @param labelled only runs whose labels come from this domain
 * @throws UnfinishedRun for a run that was named itself and is not estimated; UsageError when no run is left, or they were
 *   asked about different images or at different levels
 */
export function findEstimated(folders: readonly string[], choice: EstimateChoice, labelled?: string): FoundEstimates {
  const leftOut: string[] = [];
  const found = folders.flatMap((folder) => {
    if (!isSweepFolder(folder)) return [readEstimated(folder, choice, nameOfFolder(folder))];
    return readSweepRecord(folder).flatMap((recorded) => {
      try {
        return [readEstimated(recorded.folder, choice, recorded.name)];
      } catch (error) {
        if (!(error instanceof UnfinishedRun)) throw error;
        leftOut.push(`left out: ${error.message}`);
        return [];
      }
    });
  });
  const runs = found.filter(({ config }) => labelled === undefined || config.labelled.domain === labelled);
  if (runs.length === 0)
    throw new UsageError(
      `${folders.join(", ")}: no run ${labelled === undefined ? "" : `with labels from ${labelled} `}is estimated; ` +
        (leftOut[0] ?? "give run folders"),
    );
  checkAlike(runs);
  return { runs, leftOut };
}

/** @throws UsageError naming two runs whose numbers must not stand side by side */
function checkAlike(runs: readonly EstimatedRun[]): void {
  const [first] = runs;
  const cases = ({ summary: { dataset, domains } }: EstimatedRun) =>
    JSON.stringify([dataset?.cases, domains.map(({ domain, part, cases: count }) => [domain, part, count])]);
  const again = "run `dimseg estimate` again on both";
  for (const other of runs) {
    if (cases(other) !== cases(first))
      throw new UsageError(
        `${first.folder} and ${other.folder} were asked about different images; ${again} (of a domain without test images each leaves out those it learnt from)`,
      );
    if (other.summary.level !== first.summary.level)
      throw new UsageError(
        `${first.folder} and ${other.folder} have intervals of ${first.summary.level} and ${other.summary.level}; ${again}, at one --level`,
      );
  }
}
