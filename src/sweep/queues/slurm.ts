/**
 * A sweep as an array job of Slurm: one task a run. Before its time limit a task is told to save, and queues itself again;
 * one that Slurm ends for another reason (a node that fails, `scontrol requeue`) goes on from its newest checkpoint.
 */
import { join } from "node:path";
import { shellCommand, shellWord } from "../../core/shell-word.js";
import type { SlurmSettings } from "./cluster-file.js";
import type { Submission } from "./task.js";

/** The signal by which Slurm announces the limit; SIGTERM is left for `scancel`, after which nothing is queued again. */
const limitSignal = "USR1";

/** The file of a task's output. A percent sign in the path itself is doubled, or Slurm takes it for a pattern. */
function outputOf(out: string): string {
  return join(out.replaceAll("%", "%%"), "logs", "slurm-%A_%a.log");
}

function options({ name, cwd, out, tasks }: Submission, settings: SlurmSettings): string[] {
  const { partition, account, time, gpus, cpus, memory, atOnce, saveBefore } = settings;
  const last = tasks.length - 1;
  return [
    `--job-name=${shellWord(`dimseg-${name}`)}`,
    `--array=0-${last}${atOnce === undefined ? "" : `%${atOnce}`}`,
    `--chdir=${shellWord(cwd)}`,
    `--output=${shellWord(outputOf(out))}`,
    "--open-mode=append",
    "--requeue",
    `--signal=B:${limitSignal}@${saveBefore}`,
    `--cpus-per-task=${cpus}`,
    ...(gpus > 0 ? [`--gpus-per-task=${gpus}`, "--ntasks=1"] : []),
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(account === undefined ? [] : [`--account=${account}`]),
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...(memory === undefined ? [] : [`--mem=${memory}`]),
    ...settings.options,
  ];
}

/** The script for `sbatch`. */
export function slurmScript(submission: Submission, settings: SlurmSettings): string {
  return `${[
    "#!/bin/bash",
    ...options(submission, settings).map((option) => `#SBATCH ${option}`),
    ...settings.setup,
    `export OMP_NUM_THREADS="\${OMP_NUM_THREADS:-\${SLURM_CPUS_PER_TASK:-${settings.cpus}}}"`,
    'case "$SLURM_ARRAY_TASK_ID" in',
    ...submission.tasks.map(({ words }, i) => `${i}) set -- ${shellCommand(words)} ;;`),
    "esac",
    '"$@" &',
    "run=$!",
    "again=no",
    `trap 'again=yes; kill -TERM "$run"' ${limitSignal}`,
    `trap 'kill -TERM "$run"' TERM`,
    "# A signal ends the waiting, not the run.",
    'wait "$run"; while kill -0 "$run" 2>/dev/null; do wait "$run"; done',
    'wait "$run"; code=$?',
    'if [ "$again" = yes ] && [ "$code" -ne 0 ]; then',
    `  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"`,
    "fi",
    'exit "$code"',
  ].join("\n")}\n`;
}
