/**
 * Imported before the command line (`node --import`): counts the file operations that change something and, at one of
 * them, kills the process or fills the disk. SOAK_FAULT holds a {@link Fault} as JSON.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** What goes wrong, and at which operation. */
export interface Fault {
  /** Number of the operation, from 1; 0: none, they are only counted. */
  readonly at: number;
  /** `kill`: as by kill -9; `full`: this operation and all later ones that need room fail with ENOSPC. */
  readonly kind: "kill" | "full";
  /** Whether the operation has been done, not begun, or (of a write) half done. */
  readonly when: "before" | "half" | "after";
  /** File that receives the name of the operation, or those of all of them at the end, one a line. */
  readonly note: string;
}

type Operation = (...args: unknown[]) => unknown;
const system = fs as unknown as Record<string, Operation>;
const { at, kind, when, note } = JSON.parse(process.env.SOAK_FAULT as string) as Fault;

/** What changes files; of `openSync` only opening to write. */
const changing = ["openSync", "writeSync", "writeFileSync", "appendFileSync", "mkdirSync", "linkSync", "symlinkSync"];
const needingNoRoom = ["renameSync", "rmSync", "rmdirSync", "unlinkSync", "fsyncSync", "ftruncateSync", "truncateSync"];
const { appendFileSync } = fs;

let count = 0;
let full = false;
const names: string[] = [];
/** Files by the handle that they were opened as. */
const opened = new Map<unknown, unknown>();

/** An operation with the file that it is about. */
function described(name: string, [first]: unknown[]): string {
  const file = typeof first === "number" ? opened.get(first) : first;
  return `${name} ${typeof file === "string" ? file : ""}`;
}

/** Does an operation and remembers what a handle belongs to. */
function doing(name: string, original: Operation, args: unknown[]): unknown {
  const result = original(...args);
  if (name === "openSync") opened.set(result, args[0]);
  return result;
}

function opensToWrite([, flags]: unknown[]): boolean {
  return typeof flags === "number" ? (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0 : flags !== "r";
}

/** Writes the first half of the bytes that a write is about. */
function writeHalf(write: Operation, [handle, bytes, ...rest]: unknown[]): void {
  if (!(bytes instanceof Uint8Array)) return;
  const [offset = 0, length = bytes.length - (offset as number), position] = rest;
  write(handle, bytes, offset, Math.floor((length as number) / 2), position);
}

function noRoom(name: string): never {
  throw Object.assign(new Error(`ENOSPC: no space left on device, ${name}`), { code: "ENOSPC", syscall: name });
}

for (const name of [...changing, ...needingNoRoom]) {
  const original = system[name].bind(fs);
  const needsRoom = changing.includes(name);
  system[name] = (...args) => {
    if (name === "openSync" && !opensToWrite(args)) return original(...args);
    // A file that is there already takes no room to be opened.
    if (full && needsRoom) noRoom(name);
    if (kind === "full" && !needsRoom) return original(...args);
    count++;
    if (at === 0) names.push(described(name, args));
    if (count !== at) return doing(name, original, args);
    appendFileSync(note, `${described(name, args)} ${when}\n`);
    if (when === "half" && name === "writeSync") writeHalf(original, args);
    if (kind === "full") {
      full = true;
      noRoom(name);
    }
    if (when === "after") original(...args);
    process.kill(process.pid, "SIGKILL");
    return undefined;
  };
}
syncBuiltinESMExports();
if (at === 0) process.on("exit", () => appendFileSync(note, names.join("\n")));
