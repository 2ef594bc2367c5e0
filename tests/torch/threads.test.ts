/** Test files share the machine, so the engine must start with one thread here (vitest.config.ts). */
import { expect, it } from "vitest";
import { setThreads, threads } from "../../src/torch/index.js";

it("the engine honours OMP_NUM_THREADS, and setThreads after it", () => {
  expect(process.env.OMP_NUM_THREADS).toBe("1");
  expect(threads()).toBe(1);
  setThreads(2);
  expect(threads()).toBe(2);
  setThreads(1);
});
