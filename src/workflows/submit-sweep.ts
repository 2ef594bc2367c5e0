/** Handing the runs of a sweep over to a queue that is there already: Slurm, Kubernetes, or whatever takes command lines. */
import { basename, extname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "yaml";
import { ResourceError, UsageError } from "../core/errors.js";
import { makeFolder, writeFileAtomic } from "../core/files/atomic-file.js";
import type { SweepPlan } from "../sweep/plan.js";
import { type ClusterFile, defaultCluster, loadCluster } from "../sweep/queues/cluster-file.js";
import { kubernetesJob } from "../sweep/queues/kubernetes.js";
import { applyJob } from "../sweep/queues/kubernetes-job.js";
import type { QueueName } from "../sweep/queues/queue-names.js";
import { shellLines } from "../sweep/queues/shell.js";
import { slurmScript } from "../sweep/queues/slurm.js";
import { lastJob, submitScript, tasksLeft } from "../sweep/queues/slurm-job.js";
import type { Submission } from "../sweep/queues/task.js";
import { writeSweepRecord } from "../sweep/record.js";
import { standingOf } from "../sweep/standing.js";
import type { Workflow } from "./observer.js";
import { planOf, type SweepInput } from "./sweep.js";

/** What is to be handed over, and to whom. */
export interface SubmitInput extends Omit<SweepInput, "jobs" | "only"> {
  readonly on: QueueName;
  /** What the queue has to be told of a run (YAML). */
  readonly cluster?: string | undefined;
  /** Writes the script or manifest and hands nothing over. */
  readonly writeOnly?: boolean;
}

/** What was handed over. */
export interface Submitted {
  readonly plan: SweepPlan;
  /** Runs that are handed over, and those that were finished before. */
  readonly tasks: number;
  readonly finished: number;
  /** Commands for a shell; empty for other queues. */
  readonly lines: readonly string[];
  /** The script or manifest; null for a shell. */
  readonly file: string | null;
  /** Number of the job at Slurm; null elsewhere. */
  readonly job: string | null;
}

/** How often Slurm is asked, and how many times in a row it may fail to answer: five minutes' worth. */
const pollMilliseconds = 5000;
const silencesAllowed = 60;

function submissionOf({ grid, set, commandLine, on }: SubmitInput, plan: SweepPlan): Submission {
  const left = plan.runs.filter((run) => standingOf(run, plan.evaluate).stage !== "finished");
  // In a container the command line is the image's own.
  const program = on === "kubernetes" ? ["dimseg"] : commandLine;
  const common = ["--out", plan.out, ...set.flatMap((text) => ["--set", text])];
  return {
    name: basename(grid, extname(grid)),
    cwd: process.cwd(),
    out: plan.out,
    files: [...new Set([resolve(grid), plan.base, ...left.map(({ config }) => config.dataset)])],
    tasks: left.map(({ id }) => ({ id, words: [...program, "sweep", resolve(grid), "--only", id, ...common] })),
  };
}

async function toSlurm(submission: Submission, { slurm }: ClusterFile, writeOnly: boolean) {
  const { out } = submission;
  const before = lastJob(out);
  if (!writeOnly && before !== null && (await tasksLeft(before)) > 0) {
    throw new ResourceError(
      `${out} is being worked on by job ${before}; wait for it with \`squeue --me\`, or end it with \`scancel ${before}\``,
    );
  }
  const file = join(out, "slurm", "array.sh");
  // Slurm opens the logs itself and makes no folder for them.
  makeFolder(join(out, "logs"));
  writeFileAtomic(file, slurmScript(submission, slurm));
  return { file, job: writeOnly ? null : await submitScript(out, file), lines: [] };
}

async function toKubernetes(submission: Submission, { kubernetes }: ClusterFile, writeOnly: boolean) {
  if (!kubernetes) {
    throw new UsageError("--on kubernetes needs --cluster FILE with kubernetes: { image, claim, mount }");
  }
  const file = join(submission.out, "kubernetes", "job.yaml");
  const job = kubernetesJob(submission, kubernetes);
  writeFileAtomic(file, stringify(job));
  if (!writeOnly) await applyJob(job, file);
  return { file, job: null, lines: [] };
}

/**
 * Hands over what is left of a sweep. Every run goes on where it stopped, so that handing over again is always safe.
 * @throws UsageError for a grid or cluster file that cannot be used; ResourceError in the queue's own words when it refuses,
 *   and while a job of the same sweep is at work
 */
export const submitSweep: Workflow<SubmitInput, Submitted> = async (input) => {
  const plan = planOf(input);
  const cluster = input.cluster === undefined ? defaultCluster : loadCluster(input.cluster);
  const submission = submissionOf(input, plan);
  writeSweepRecord(plan);
  const tasks = submission.tasks.length;
  const common = { plan, tasks, finished: plan.runs.length - tasks };
  if (tasks === 0) return { ...common, lines: [], file: null, job: null };
  const { on, writeOnly = false } = input;
  switch (on) {
    case "shell":
      return { ...common, lines: shellLines(submission), file: null, job: null };
    case "slurm":
      return { ...common, ...(await toSlurm(submission, cluster, writeOnly)) };
    case "kubernetes":
      return { ...common, ...(await toKubernetes(submission, cluster, writeOnly)) };
  }
};

/** Folders of the runs that are not trained and judged to their end. */
export function unfinishedRuns({ runs, evaluate }: SweepPlan): string[] {
  return runs.filter((run) => standingOf(run, evaluate).stage !== "finished").map(({ id }) => id);
}

/** A job, and what ends the waiting for it, not the job. */
export interface FollowInput {
  readonly plan: SweepPlan;
  readonly job: string;
  readonly signal: AbortSignal;
}

/**
 * Waits until Slurm has done with a job; tells how many runs are finished. A controller that restarts or is overloaded is
 * waited for.
 * @throws ResourceError when Slurm has not answered for minutes; the job is not touched by that
 */
export const followJob: Workflow<FollowInput, void> = async ({ plan, job, signal }, { progress, warn }) => {
  let silences = 0;
  while (!signal.aborted) {
    const left = await tasksLeft(job).catch((failure: unknown) => {
      if (!(failure instanceof ResourceError) || ++silences > silencesAllowed) throw failure;
      if (silences === 1) warn(`${failure.message}; job ${job} goes on, and Slurm is asked again`);
      return null;
    });
    if (left !== null) silences = 0;
    progress("finished runs", plan.runs.length - unfinishedRuns(plan).length, plan.runs.length);
    if (left === 0) return;
    await delay(pollMilliseconds, undefined, { signal }).catch(() => {});
  }
};
