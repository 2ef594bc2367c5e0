/**
 * The command line without a process around it: which verbs there are, how they share `--debug`, and what a wrong
 * word becomes. Each verb is one file that loads what it needs only when it runs, so that `--help` never touches
 * libtorch.
 */
import { Command, type CommanderError } from "commander";
import { UsageError } from "../core/errors.js";
import { nearestWord } from "../core/nearest-word.js";
import { packageVersion } from "../core/package-root.js";
import { register as compare } from "./compare.js";
import { register as data } from "./data.js";
import { register as demo } from "./demo.js";
import { register as doctor } from "./doctor.js";
import { register as estimate } from "./estimate.js";
import { register as evaluate } from "./evaluate.js";
import { register as exportModel } from "./export.js";
import { register as list } from "./list.js";
import { register as plan } from "./plan.js";
import { register as predict } from "./predict.js";
import { register as report } from "./report.js";
import { register as serve } from "./serve.js";
import { register as setup } from "./setup.js";
import { register as studio } from "./studio.js";
import { register as suggest } from "./suggest.js";
import { register as sweep } from "./sweep.js";
import { register as train } from "./train.js";

const verbs = [
  setup,
  doctor,
  demo,
  data,
  plan,
  train,
  evaluate,
  estimate,
  suggest,
  predict,
  exportModel,
  serve,
  sweep,
  compare,
  report,
  studio,
  list,
];

const exitCodeHelp = `
Exit codes: 0 done, 1 defect, 2 wrong arguments or configuration, 3 data, 4 checkpoint,
5 NaN or infinity, 6 machine (disk, memory, lock, engine), 7 another process of the training ended,
129, 130 and 143 interrupted.`;

/** `'method' is not among methods, models; did you mean methods?` for a word outside of a list. */
function asChoiceError(complaint: string): UsageError | undefined {
  const found =
    /^(?:command-argument value|option '([^']+)' argument) '(.*)' is invalid.*?\. Allowed choices are (.+)\.$/.exec(
      complaint,
    );
  if (!found) return undefined;
  const [, option, word, list] = found;
  const choices = list.split(", ");
  const near = nearestWord(word, choices);
  const place = option === undefined ? "" : `${option.split(" ")[0]}: `;
  return new UsageError(
    `${place}"${word}" is not a choice; ${near ? `did you mean ${near}? ` : ""}the choices are ${choices.join(", ")}`,
  );
}

/** `unknown command 'tarin'; did you mean train?`, or which commands there are. */
function asVerbError({ code }: CommanderError, complaint: string, { commands }: Command): UsageError | undefined {
  const [, word] = /^unknown command '(.*)'$/.exec(complaint) ?? [];
  if (code !== "commander.unknownCommand" || word === undefined) return undefined;
  const verbs = commands.map((one) => one.name());
  const near = nearestWord(word, verbs);
  return new UsageError(
    `unknown command '${word}'; ${near ? `did you mean ${near}?` : `the commands are ${verbs.join(", ")}`}`,
  );
}

/** Commander spreads a complaint and its hint over two lines; ours is one sentence that says what to do. */
function asUsageError(error: CommanderError, words: string, command: Command): UsageError {
  const [complaint, hint] = error.message.replace(/^error: /, "").split("\n");
  const wrongChoice = asChoiceError(complaint) ?? asVerbError(error, complaint, command);
  if (wrongChoice) return wrongChoice;
  const near = /^\(Did you mean (.+)\?\)$/.exec(hint ?? "")?.[1];
  return new UsageError(
    `${complaint.replace(/\.$/, "")}; ${near ? `did you mean ${near}?` : `see \`${words} --help\``}`,
  );
}

/** Lets a command and those below it throw instead of ending the process. */
function throwing(command: Command, words: string): void {
  command.exitOverride((error) => {
    throw error.exitCode === 0 || error.code === "commander.help" ? error : asUsageError(error, words, command);
  });
  for (const below of command.commands) throwing(below, `${words} ${below.name()}`);
}

/** All verbs. Parsing throws {@link UsageError} for wrong words, and CommanderError after it has shown help or version. */
export function createProgram(): Command {
  const program = new Command("dimseg")
    .description(
      "Trains a segmentation network from a few labelled images of one domain and many unlabelled of several.",
    )
    .version(packageVersion())
    .option("--debug", "show where an error came from")
    .addHelpText("after", exitCodeHelp)
    .configureOutput({ outputError: () => {} });
  for (const register of verbs) register(program);
  throwing(program, "dimseg");
  return program;
}
