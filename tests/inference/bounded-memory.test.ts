/** The memory of sliding windows: of many classes as of few, measured as the resident bytes of a process of its own. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { transpileForChild } from "../support/transpile.js";

const child = fileURLToPath(new URL("bounded-memory-child.mjs", import.meta.url));
const parts = ["augment/index", "nn/segmentation-network", "inference/inferers/infer"];
let compiled: string;
beforeAll(() => {
  compiled = transpileForChild(parts.concat("inference/inferers/sliding-window").map((part) => `src/${part}.ts`));
});
afterAll(() => rmSync(compiled, { recursive: true }));

function ask(classes: number, bytes: number): { megabytes: number; hash: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [child, compiled, `${classes}`, `${bytes}`], {
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout);
}

// An answer about a window of 40 classes has 5 MB, the sums of all 91 MB.
it("40 classes take a few answers more than 2 where sums are bounded, for the same labels", {
  timeout: 120_000,
}, () => {
  const [few, many, roomy] = [ask(2, 2 ** 22), ask(40, 2 ** 22), ask(40, 2 ** 31)];
  expect(many.megabytes - few.megabytes).toBeLessThan(100);
  expect(roomy.megabytes - few.megabytes).toBeGreaterThan(150);
  expect(many.hash).toBe(roomy.hash);
});
