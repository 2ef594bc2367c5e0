/** Follows a log of lines that another process writes, reading only what is new. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Of the last line that was read, so much is held against what stands there later. */
const rememberedBytes = 200;
const newline = 0x0a;

/** What is new in a log. */
export interface NewLines {
  readonly lines: readonly string[];
  /** Whether the log was cut back, as a resumed run does, so that these lines are its first ones again. */
  readonly restarted: boolean;
}

export class LogFollower {
  private offset = 0;
  private last = Buffer.alloc(0);

  constructor(private readonly path: string) {}

  /** The whole lines since the last call; none while the file cannot be read. */
  read(): NewLines {
    let handle: number;
    try {
      handle = openSync(this.path, "r");
    } catch {
      return { lines: [], restarted: false };
    }
    try {
      const restarted = this.wasCut(handle);
      if (restarted) this.offset = 0;
      const bytes = readRange(handle, this.offset, fstatSync(handle).size);
      const whole = bytes.subarray(0, bytes.lastIndexOf(newline) + 1);
      this.offset += whole.length;
      if (whole.length > 0) this.last = Buffer.from(whole.subarray(-rememberedBytes));
      return { lines: whole.toString("utf8").split("\n").slice(0, -1), restarted };
    } finally {
      closeSync(handle);
    }
  }

  /** Whether what was read is not there any more; the log may have grown again since it was cut. */
  private wasCut(handle: number): boolean {
    if (this.offset === 0) return false;
    return !readRange(handle, this.offset - this.last.length, this.offset).equals(this.last);
  }
}

/** The bytes from one place to another, or to the file's end. */
function readRange(handle: number, begin: number, end: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, end - begin));
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(handle, bytes, done, bytes.length - done, begin + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}
