/** One command a line, for any queue that takes commands: GNU parallel, xargs, HTCondor, LSF, a terminal on each machine. */
import { shellWord } from "../../core/shell-word.js";
import { commandText, type Submission } from "./task.js";

/** Lines that stand for themselves: each changes to the folder that the sweep was called from. */
export function shellLines({ cwd, tasks }: Submission): string[] {
  return tasks.map(({ words }) => `cd ${shellWord(cwd)} && ${commandText(words)}`);
}
