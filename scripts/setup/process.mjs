/**
 * Running other programs: found on PATH without a shell, output collected, never a stack trace.
 */
import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";

/** Programs under way; they must not outlive set-up. */
const running = new Set();
process.once("exit", () => {
  for (const child of running) child.kill();
});

/** Absolute path of a program on PATH (or of a path given directly); undefined when there is none. */
export function which(program, environment = process.env) {
  if (program.includes("/")) return isExecutable(resolve(program)) ? resolve(program) : undefined;
  const folders = (environment.PATH ?? "").split(delimiter).filter(isAbsolute);
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a program to its end.
 * @returns exit code (-1 when it could not start or was killed) and its output, both streams in order of arrival
 */
export function run(program, args, options = {}) {
  return new Promise((resolveRun) => {
    const chunks = [];
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    running.add(child);
    child.stdout?.on("data", (chunk) => chunks.push(chunk));
    child.stderr?.on("data", (chunk) => chunks.push(chunk));
    const finish = (code, extra = "") => {
      running.delete(child);
      resolveRun({ code, output: Buffer.concat(chunks).toString() + extra });
    };
    child.on("error", (cause) => finish(-1, cause.message));
    child.on("close", (code) => finish(code ?? -1));
  });
}

/** Calls `report()` every half second until the promise settles, and passes its result on. */
export async function whileWaiting(promise, report) {
  report();
  const timer = setInterval(report, 500);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}

/** The line of a program's output that says most about its failure: the last that speaks of an error, else the last. */
export function failureLine(output) {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.findLast((line) => /\berror\b/i.test(line)) ?? lines.at(-1) ?? "no output";
}
