/** `dimseg export RUN`: a trained network as files that other programs read; `--verify FOLDER` checks them. */
import { dirname, resolve } from "node:path";
import { type Command, Option } from "commander";
import { UsageError } from "../core/errors.js";
import { shellWord } from "../core/shell-word.js";
import { exportFiles } from "../export/file-names.js";
import { precisionNames } from "../export/precision-names.js";
import { networkNames } from "../runs/checkpoints/checkpoint-names.js";
import type { ExportInput } from "../workflows/export.js";
import { checkpointOption } from "./options/checkpoint.js";
import { inTerminal } from "./terminal/observer.js";

interface ExportVerbOptions extends Omit<ExportInput, "run"> {
  readonly verify?: string;
}

/** The command whose results the card would show. */
function evaluateCommand({ run, checkpoint, network, tta }: ExportInput): string {
  const ofCheckpoint = checkpoint === "last" ? [] : ["--checkpoint", checkpoint];
  return ["dimseg evaluate", shellWord(run), ...ofCheckpoint, "--network", network, ...(tta ? ["--tta"] : [])].join(
    " ",
  );
}

async function write(input: ExportInput): Promise<void> {
  const { exportRun } = await import("../workflows/export.js");
  const { folder, files, network, checkpointRule, isJudged, reduction } = await inTerminal((observer) =>
    exportRun(input, observer),
  );
  console.log(`${network}, ${checkpointRule}`);
  if (reduction) console.log(reduction.text);
  if (reduction?.holds === false)
    console.log(
      `No more than ${(100 * reduction.bound).toFixed(1)} points may be lost: ${exportFiles.graph} stays in fp32, and ${exportFiles.reduced} is the other.`,
    );
  console.log(`Wrote ${files.join(", ")} to ${folder}.`);
  if (!isJudged) console.log(`The model card has no scores: run \`${evaluateCommand(input)}\`, then export again.`);
  if (input.licence === undefined) console.log("The model card states no licence: say it with --licence.");
  // A folder inside of its run knows where the test images are.
  const from = dirname(resolve(folder)) === resolve(input.run) ? "" : `${shellWord(input.run)} `;
  console.log(`\`dimseg export ${from}--verify ${shellWord(folder)}\` compares it with libtorch in ONNX Runtime.`);
}

async function exportModel(run: string | undefined, { verify, ...options }: ExportVerbOptions): Promise<void> {
  if (verify !== undefined) return (await import("./verify-export.js")).verify(verify, run);
  if (run === undefined)
    throw new UsageError("give the run to export, `dimseg export RUN`, or --verify FOLDER to check what was exported");
  return write({ run, ...options });
}

/** Adds the verb to the command line. */
export function register(program: Command): void {
  program
    .command("export")
    .description("write a trained network as ONNX and safetensors, with a model card, for other programs")
    .argument("[run]", "run folder; with --verify the one whose test images are taken (default: the one it lies in)")
    .option("--out <folder>", "where the files go (default: export in the run folder)")
    .addOption(checkpointOption("which checkpoint"))
    .addOption(new Option("--network <name>", "which network").choices(networkNames).default("student"))
    .option("--tta", "average over mirror images inside of the graph", false)
    .addOption(
      new Option(
        "--precision <name>",
        "in how many digits the ONNX file keeps its numbers, where that loses little: fp16 is half the size, int8 a quarter and faster",
      )
        .choices(precisionNames)
        .default("fp32"),
    )
    .option("--licence <text>", "the terms that the model may be used under, such as CC-BY-NC-4.0")
    .option("--verify <folder>", "compare an exported folder with libtorch on the run's test images")
    .action(exportModel);
}
