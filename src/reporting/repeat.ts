/** The commands that repeat a run and its evaluation. */
import { basename, dirname, isAbsolute, join } from "node:path";
import { choiceWords, type EvaluationChoice } from "../comparison/read-run.js";
import { shellWord } from "../core/shell-word.js";
import type { ReportRun } from "./data.js";

/** What the run was started with, without the interpreter and the script. */
export function startedWith({ environment }: ReportRun): string | null {
  const words = environment?.commandLine.slice(2);
  return words && words.length > 0 ? ["dimseg", ...words].map(shellWord).join(" ") : null;
}

/** Trains the resolved configuration again, in a new folder, and judges it in the same way. */
export function repeatCommands({ folder, config, dataset }: ReportRun, choice: EvaluationChoice): string[] {
  const again = join(dirname(folder), `${basename(folder)}-again`);
  // `dimseg demo` keeps a path relative to where it ran.
  const data = dataset && !isAbsolute(config.dataset) ? ["--set", `dataset=${dataset.path}`] : [];
  return [
    ["dimseg", "train", join(folder, "config.yaml"), ...data, "--out", again],
    ["dimseg", "evaluate", again, ...choiceWords(choice).split(" ")],
  ].map((words) => words.map(shellWord).join(" "));
}
