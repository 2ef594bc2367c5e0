/** `dimseg demo`: a complete small experiment on images it draws itself. */
import { join } from "node:path";
import type { Command } from "commander";
import { UsageError } from "../core/errors.js";
import { shellWord } from "../core/shell-word.js";
import type { DemoInput } from "../workflows/demo.js";
import { inTerminal } from "./terminal/observer.js";
import { formatTable } from "./terminal/table.js";
import { createTrainingDisplay } from "./terminal/training-display.js";

async function demo(input: DemoInput): Promise<void> {
  const started = Date.now();
  const { runDemo } = await import("../workflows/demo.js");
  const { intro, header, rows, sheet, page, run } = await inTerminal((observer) => {
    const training = (method: string) => {
      observer.finish();
      console.log(`\n${method}`);
      return createTrainingDisplay(() => false);
    };
    return runDemo(input, { ...observer, training });
  });
  console.log(`\n${intro}\n`);
  console.log(formatTable(header, rows, ["left", ...header.slice(1).map(() => "right" as const)]));
  console.log(`\nExamples: ${sheet}\nPage:     ${page}`);
  console.log(`Took ${Math.round((Date.now() - started) / 1000)} s. Next: dimseg evaluate ${shellWord(run)}`);
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`--iterations ${text}: give a whole number of at least 1`);
  return value;
}

export function register(program: Command): void {
  program
    .command("demo")
    .description("draw images of four domains, train supervised-only and DiM, and compare them (minutes on 2 cores)")
    .option("--out <folder>", "folder to make", join("runs", "demo"))
    .option("--iterations <number>", "training steps of each", positive, 400)
    .action(demo);
}
