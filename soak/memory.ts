/** What a process holds and takes: memory, open files, time of the processor. */
import { readdirSync, readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** One look at a process. */
export interface Look {
  /** What it had done by then: steps, images. */
  readonly done: number;
  /** Resident memory in bytes. */
  readonly resident: number;
  readonly openFiles: number;
}

/** Looks at a process of this machine; null when it is over. Linux only: it reads /proc. */
export function look(pid: number, done: number): Look | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    if (!kilobytes) return null;
    return { done, resident: Number(kilobytes[1]) * 1024, openFiles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return null;
  }
}

/** Frees what no JavaScript value of this process refers to any more. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

/** The least-squares slope of resident memory, in bytes for each thing done. */
export function slope(looks: readonly Look[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(looks.map(({ done }) => done)), mean(looks.map(({ resident }) => resident))];
  const over = looks.reduce((sum, { done, resident }) => sum + (done - x) * (resident - y), 0);
  return over / looks.reduce((sum, { done }) => sum + (done - x) ** 2, 0);
}

/** Bytes as megabytes with one decimal. */
export const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;

/** Time of the processor in milliseconds, the system's part included. */
export const milliseconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;
