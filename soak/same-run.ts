/** Whether two runs are the same: every file of them, but for what a clock or a machine wrote. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Time and memory of processes, and the moment and folder of the start. */
const ofOneRun = new Set(["usage.json", "environment.json"]);

/** TensorBoard's events without their wall clock, the first field of each. */
function withoutClock(events: Buffer): Buffer {
  const copy = Buffer.from(events);
  for (let at = 0; at + 12 <= copy.length; ) {
    const length = Number(copy.readBigUInt64LE(at));
    if (copy[at + 12] === 9) copy.fill(0, at + 13, at + 21);
    // The checksum of the payload covers the clock.
    copy.fill(0, at + 12 + length, at + 16 + length);
    at += 16 + length;
  }
  return copy;
}

/** A page, or a list of added masks, without the moment that it was made at. */
function withoutMoment(text: Buffer): Buffer {
  return Buffer.from(text.toString("utf8").replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, ""));
}

/** All files below a folder by their paths there. */
export function filesBelow(folder: string): Map<string, Buffer> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .sort()
      .map((name) => [name, readFileSync(join(folder, name))]),
  );
}

/** Names of files that differ or are only in one of two runs; empty when they are the same. */
export function differences(run: string, other: string): string[] {
  const [found, wanted] = [run, other].map((folder) => {
    const files = filesBelow(folder);
    for (const [name, bytes] of files) {
      if (name.startsWith("events.")) files.set(name, withoutClock(bytes));
      if (name.endsWith(".html") || name.endsWith("masks.json")) files.set(name, withoutMoment(bytes));
    }
    return files;
  });
  const names = new Set([...found.keys(), ...wanted.keys()]);
  return [...names].filter((name) => {
    const [a, b] = [found.get(name), wanted.get(name)];
    return !ofOneRun.has(name) && !(a && b && a.equals(b));
  });
}
