/** One verb of the command line in a process of its own, its output kept in a log file. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder, writeFailure } from "../core/files/atomic-file.js";

/** How a child ended. */
export interface ChildEnd {
  /** Null when a signal ended it. */
  code: number | null;
  /** Its last line about an error, else its last line; empty after success. */
  error: string;
}

/** Most of a log that is read for its last line. */
const tailBytes = 65536;

/** The line to show of what a failed child printed. */
export function lastErrorLine(output: string): string {
  const lines = output
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.findLast((line) => /^(internal )?error: /.test(line)) ?? lines.at(-1) ?? "it printed nothing";
}

/** The children of a sweep: all of them can be signalled together. */
export class Children {
  private readonly running = new Set<ChildProcess>();

  /** @param command program and first arguments of the command line itself */
  constructor(private readonly command: readonly string[]) {}

  /** Numbers of the processes at work. */
  get processes(): number[] {
    return [...this.running].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  /** Passes a signal on. */
  signal(name: NodeJS.Signals): void {
    for (const child of this.running) child.kill(name);
  }

  /**
   * Runs a verb to its end.
   * @param log file that its output is appended to
   * @throws ResourceError when the log cannot be written
   */
  async run(words: readonly string[], log: string): Promise<ChildEnd> {
    let handle: number;
    try {
      makeFolder(dirname(log));
      handle = openSync(log, "a+");
    } catch (cause) {
      throw writeFailure(log, cause);
    }
    try {
      const before = fstatSync(handle).size;
      const [program, ...first] = this.command;
      // A group of its own: a terminal's Ctrl-C would otherwise reach it beside the signal that we pass on, and a
      // second signal means "stop at once".
      // The channel carries nothing: it ends with this process, however that ends, and the child then saves and stops.
      const child = spawn(program, [...first, ...words], { stdio: ["ignore", handle, handle, "ipc"], detached: true });
      this.running.add(child);
      const { code, failure } = await ended(child);
      this.running.delete(child);
      if (code === 0) return { code, error: "" };
      const { size } = fstatSync(handle);
      const bytes = Buffer.alloc(Math.min(tailBytes, size - before));
      readSync(handle, bytes, 0, bytes.length, size - bytes.length);
      return { code, error: failure ?? lastErrorLine(bytes.toString("utf8")) };
    } finally {
      closeSync(handle);
    }
  }
}

function ended(child: ChildProcess): Promise<{ code: number | null; failure?: string }> {
  return new Promise((resolve) => {
    child.once("error", (cause) => resolve({ code: null, failure: `cannot be started: ${cause.message}` }));
    child.once("exit", (code, signal) => {
      // SIGKILL that we did not send is nearly always the system's answer to full memory.
      const failure = signal === "SIGKILL" ? "was killed by the system, probably for want of memory" : undefined;
      resolve({ code, ...(failure ? { failure } : {}) });
    });
  });
}
