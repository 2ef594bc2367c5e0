/** The bound of prepared cases in memory that nobody set. */
import { expect, it } from "vitest";
import { usualMemory } from "../../../src/data/cache/usual-memory.js";

const gib = 2 ** 30;
const unlimited = 2 ** 64;

it.each([
  ["a machine", 64 * gib, unlimited, 1, 16 * gib],
  ["a job that may take less than the machine has", 256 * gib, 16 * gib, 1, 4 * gib],
  ["a small container", 256 * gib, 2 * gib, 1, gib],
  ["a machine that four processes share, of their part", 64 * gib, unlimited, 4, 4 * gib],
])("volumes take a quarter of %s, 1 GiB at least", (_, total, limit, processes, expected) => {
  expect(usualMemory({ slices: { plane: "axial" } } as never, { total, limit, processes })).toBe(expected);
});

it("pictures take 1 GiB", () => {
  expect(usualMemory({ slices: null } as never, { total: 256 * gib, limit: unlimited, processes: 1 })).toBe(gib);
});
