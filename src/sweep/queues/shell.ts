/** One command a line, for any queue that takes commands: GNU parallel, xargs, HTCondor, LSF, a terminal on each machine. */
import { shellCommand, shellWord } from "../../core/shell-word.js";
import type { Submission } from "./task.js";

/** Lines that stand for themselves: each changes to the folder that the sweep was called from. */
export function shellLines({ cwd, tasks }: Submission): string[] {
  return tasks.map(({ words }) => `cd ${shellWord(cwd)} && ${shellCommand(words)}`);
}
