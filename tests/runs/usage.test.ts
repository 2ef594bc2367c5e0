/** The record of what training took: one entry a process, renewed in place, earlier ones kept. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { DataError } from "../../src/core/errors.js";
import { readUsage, UsageRecord } from "../../src/runs/logs/usage.js";
import { temporaryFolder } from "../data/files.js";

const base = temporaryFolder();

it("holds one entry for each process, with its last checkpoint", () => {
  const path = join(base, "usage.json");
  const first = new UsageRecord(path, 0);
  first.update(0);
  first.update(30);
  const [before] = readUsage(path);
  expect(before).toMatchObject({ from: 0, to: 30 });
  expect(before.seconds).toBeGreaterThan(0);
  expect(before.peakMemoryBytes).toBeGreaterThan(2 ** 20);
  new UsageRecord(path, 20).update(50);
  const both = readUsage(path);
  expect(both[0]).toEqual(before);
  expect(both[1]).toMatchObject({ from: 20, to: 50 });
});

it("is empty for a run without one, and a damaged one is named", () => {
  expect(readUsage(join(base, "none.json"))).toEqual([]);
  const damaged = join(base, "damaged.json");
  writeFileSync(damaged, "[{]");
  expect(() => readUsage(damaged)).toThrow(DataError);
  expect(() => readUsage(damaged)).toThrow(/damaged\.json is not a record of training time; remove it/);
});
