/** A run whose lock was left, or is held, by a process of another machine. */
import { mkdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { acquireRunLock, heldElsewhere } from "../../src/runs/run-lock.js";
import { awaitHolder } from "../../src/sweep/held-run.js";
import { put, temporaryFolder } from "../data/files.js";

const base = temporaryFolder();
const minutes = 60_000;

/** A run that was locked elsewhere, with its last sign so long ago. */
function heldRun(name: string, ago: number): { folder: string; beat: (ago: number) => void } {
  const folder = join(base, name);
  mkdirSync(folder);
  const lock = put(join(folder, "run.lock"), JSON.stringify({ pid: 7, startTime: null, host: "node-9" }));
  const beat = (before: number) => utimesSync(lock, new Date(Date.now() - before), new Date(Date.now() - before));
  beat(ago);
  return { folder, beat };
}

/** What was told while it was waited for. */
async function waited(folder: string, isWanted: () => boolean = () => true): Promise<string[]> {
  const told: string[] = [];
  await awaitHolder(folder, isWanted, (holder) => told.push(holder));
  return told;
}

it("is waited for until its holder counts as dead", async () => {
  const { folder } = heldRun("dead", 10 * minutes - 500);
  expect(await waited(folder)).toEqual([expect.stringContaining("is in use by process 7 on node-9")]);
  const notes: string[] = [];
  acquireRunLock(folder, (note) => notes.push(note)).release();
  expect(notes).toEqual([expect.stringContaining("gave no sign for 10 minutes")]);
});

it("is given up as soon as its holder gives a sign", async () => {
  const { folder, beat } = heldRun("alive", 20_000);
  let looks = 0;
  await waited(folder, () => {
    if (++looks === 2) beat(0);
    return true;
  });
  expect(heldElsewhere(folder)).not.toBeNull();
  expect(looks).toBeLessThan(4);
});

it("is waited for no longer than it is wanted", async () => {
  const { folder } = heldRun("unwanted", 0);
  expect(await waited(folder, () => false)).toHaveLength(1);
});

it("is not waited for when it is free, or held by a process that can be looked up", async () => {
  const folder = join(base, "here");
  mkdirSync(folder);
  expect(await waited(folder)).toEqual([]);
  const lock = acquireRunLock(folder, () => {});
  expect(await waited(folder)).toEqual([]);
  lock.release();
});
