/** The signals that ask a long verb to save and stop, what its exit code is then, and when a hangup is none of them. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { exitCodes } from "../../core/errors.js";

const codes = { SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated, SIGHUP: exitCodes.hungUp } as const;
export type StopSignal = keyof typeof codes;

/** What a verb exits with after it was stopped. */
export function stoppedCode(signal: StopSignal): number {
  return codes[signal];
}

/**
 * Whether the command was started so that it outlives its terminal. Node gives up an inherited "ignore" when it starts,
 * so what is left to see is the name that the shell puts into `_`, and a parent that ignores hangups itself.
 */
export function outlivesTerminal(env: NodeJS.ProcessEnv = process.env, parent = process.ppid): boolean {
  if (basename(env._ ?? "") === "nohup") return true;
  try {
    const [, mask] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${parent}/status`, "utf8")) ?? [];
    return mask !== undefined && (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return false;
  }
}

/**
 * Milliseconds within which a second SIGTERM is the first one, told by someone else: a queue or a service manager that
 * ends a job signals every process of it, and each parent passes it on.
 */
const toldByAll = 3000;

/** What is held while signals are watched. */
export interface StopSignals {
  /** The first one that came. */
  first(): StopSignal | null;
  release(): void;
}

/**
 * Watches for signals that ask to stop. The end of a parent that keeps a channel to this process counts as SIGTERM: a
 * sweep that was killed leaves no training behind.
 * @param received told of each, and whether it is the first
 */
export function watchStopSignals(received: (signal: StopSignal, isFirst: boolean) => void): StopSignals {
  let first: StopSignal | null = null;
  let firstAt = 0;
  const handler = (signal: StopSignal) => {
    const isFirst = first === null;
    // The shell and the system both tell of a closed terminal; nobody meant the second to end all at once.
    if (signal === "SIGHUP" && (outlives || !isFirst)) return;
    if (signal === "SIGTERM" && first === "SIGTERM" && performance.now() - firstAt < toldByAll) return;
    if (isFirst) firstAt = performance.now();
    first ??= signal;
    received(signal, isFirst);
  };
  const outlives = outlivesTerminal();
  const orphaned = () => {
    if (first === null) handler("SIGTERM");
  };
  const names = Object.keys(codes) as StopSignal[];
  for (const name of names) process.on(name, handler);
  // While it listens the channel keeps the process alive, which is over with release().
  process.once("disconnect", orphaned);
  return {
    first: () => first,
    release() {
      for (const name of names) process.off(name, handler);
      process.off("disconnect", orphaned);
    },
  };
}
