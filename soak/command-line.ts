/** The built command line in child processes, with a fault where one is asked for. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../src/core/package-root.js";
import type { Fault } from "./fault-preload.js";

const entry = join(packageRoot, "dist", "src", "cli", "main.js");
const preload = join(packageRoot, "dist", "soak", "fault-preload.js");

/** How a process ended and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** A started process; `ended` is given when it is over. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/**
 * Starts `dimseg WORDS` on one thread.
 * @param fault what goes wrong in it
 * @param environment variables beside those of this process
 */
export function start(words: readonly string[], fault?: Fault, environment: NodeJS.ProcessEnv = {}): Started {
  const imports = fault ? ["--import", preload] : [];
  const settings = fault ? { SOAK_FAULT: JSON.stringify(fault) } : {};
  const child = spawn(process.execPath, [...imports, entry, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, OMP_NUM_THREADS: "1", ...settings, ...environment },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    err += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, out, err }));
  });
  return { child, ended };
}

/** Runs `dimseg WORDS` to its end. */
export const dimseg = (words: readonly string[], fault?: Fault): Promise<Ended> => start(words, fault).ended;

/** @throws Error with what it printed unless it ends with 0 */
export async function mustWork(words: readonly string[], fault?: Fault): Promise<Ended> {
  const ended = await dimseg(words, fault);
  if (ended.code !== 0) throw new Error(`dimseg ${words.join(" ")} ended with ${ended.code}: ${ended.err}`);
  return ended;
}

/** The file operations of a kind that a command does, in order. @param note file for them; it is removed again */
export async function operationsOf(words: readonly string[], kind: Fault["kind"], note: string): Promise<string[]> {
  rmSync(note, { force: true });
  await mustWork(words, { at: 0, kind, when: "before", note });
  const names = readFileSync(note, "utf8").split("\n");
  rmSync(note);
  return names;
}

/** What a fault's note says; "not reached" when there is none. */
export function noteOf({ note }: Fault): string {
  return existsSync(note) ? readFileSync(note, "utf8").trim() : "not reached";
}
