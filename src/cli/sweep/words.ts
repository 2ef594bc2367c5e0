/** What `dimseg sweep` is called with, and the commands that it points to. */
import { fileURLToPath } from "node:url";
import { shellCommand } from "../../core/shell-word.js";
import type { EvaluateSection } from "../../sweep/grid-file.js";
import type { QueueName } from "../../sweep/queues/queue-names.js";
import type { SweepInput } from "../../workflows/sweep.js";

export interface SweepVerbOptions extends Omit<SweepInput, "grid" | "commandLine"> {
  readonly on?: QueueName;
  readonly cluster?: string;
  readonly writeOnly?: boolean;
}

/** What the children are: this command line again. */
export const commandLine = [process.execPath, fileURLToPath(new URL("../main.js", import.meta.url))];

/** The options by which `dimseg compare` finds an evaluation that the grid asked for. */
export function choiceOf({ checkpoints, networks }: EvaluateSection): string {
  const checkpoint = checkpoints.includes("last") ? "" : ` --checkpoint ${checkpoints[0]}`;
  return `${checkpoint}${networks.includes("student") ? "" : ` --network ${networks[0]}`}`;
}

/** The command that hands the rest over or goes on, as it was given. */
export function againText(grid: string, { on, cluster, out, set }: SweepVerbOptions): string {
  const words = [
    ...["dimseg", "sweep", grid],
    ...(on ? ["--on", on] : []),
    ...(cluster ? ["--cluster", cluster] : []),
    ...(out ? ["--out", out] : []),
    ...set.flatMap((text) => ["--set", text]),
  ];
  return shellCommand(words);
}
