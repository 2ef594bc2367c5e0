/**
 * Which process something belongs to, written down so that another one can tell whether it still lives: by process id and
 * start time, so that a killed process is recognised even when its id was given to another program since.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process, as files name it. */
export interface ProcessOwner {
  pid: number;
  /** Clock ticks from boot to the process's start; `null` where the system does not tell. */
  startTime: string | null;
  host: string;
  /** Of the running system and of the process ids in it; `null` where the system does not tell, missing in older files. */
  boot?: string | null;
  namespace?: string | null;
}

/** What `read` gives; null where the system does not tell. */
function orNull(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** This process. */
export function thisProcess(): ProcessOwner {
  return {
    pid: process.pid,
    startTime: processFacts(process.pid)?.startTime ?? null,
    host: hostname(),
    boot: orNull(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()),
    namespace: orNull(() => readlinkSync("/proc/self/ns/pid")),
  };
}

/** Whether the owner's process id means here what it meant there. */
export function isLocal({ host, boot, namespace }: ProcessOwner): boolean {
  const here = thisProcess();
  const same = (kept: string | null | undefined, own: string | null | undefined) => (kept ?? own) === own;
  return host === here.host && same(boot, here.boot) && same(namespace, here.namespace);
}

/** State letter and start time of a process from /proc/PID/stat (fields 3 and 22), where there is one. */
function processFacts(pid: number): { state: string; startTime: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the command's name in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0], startTime: fields[19] };
  } catch {
    return undefined;
  }
}

/** Whether an owner lives whose id means here what it meant there. */
export function isAlive({ pid, startTime }: ProcessOwner): boolean {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = processFacts(pid);
  if (now === undefined) return true;
  // A zombie has ended; only nobody has asked for its exit code, as is usual in containers.
  return now.state !== "Z" && (startTime === null || now.startTime === startTime);
}

/** @returns undefined for text that is no owner, or not yet */
export function parseOwner(text: string): ProcessOwner | undefined {
  try {
    const owner = JSON.parse(text) as ProcessOwner;
    return Number.isInteger(owner.pid) && owner.pid > 0 ? owner : undefined;
  } catch {
    return undefined;
  }
}
