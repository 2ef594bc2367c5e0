/** `npm run bench -- export`, quick: it measures what is installed here, and only equal work. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hasBrowser } from "../../bench/browser.js";
import { requireSameLabels } from "../../bench/export.js";
import { packageRoot } from "../../src/core/package-root.js";
import { run } from "../cli/built.js";
import { temporaryFolder } from "../data/files.js";
import { hasOnnxRuntime } from "./onnx-runtime.js";

function hasWebRuntime(): boolean {
  try {
    createRequire(import.meta.url).resolve("onnxruntime-web");
    return hasBrowser;
  } catch {
    return false;
  }
}

it("times every program that is there and weighs the page", () => {
  const file = join(temporaryFolder(), "export.json");
  const { code, err } = run(["export", "--quick", "--json", file], join(packageRoot, "dist/bench/main.js"));
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const { rows, notes } = JSON.parse(readFileSync(file, "utf8"));
  const times = rows.filter((row: { measure: string }) => row.measure === "ms/image");
  const there = { libtorch: true, "onnxruntime-node": hasOnnxRuntime, "onnxruntime-web": hasWebRuntime() };
  for (const [name, isThere] of Object.entries(there)) {
    const own = times.filter((row: { what: string }) => row.what === name);
    const precisions = name === "libtorch" || !hasOnnxRuntime ? ["fp32"] : ["fp32", "int8"];
    const expected = [1, 2].flatMap((threads) => precisions.map((precision) => `${precision} of ${threads}`));
    expect(own.map((row: { precision: string; threads: number }) => `${row.precision} of ${row.threads}`)).toEqual(
      isThere ? expected : [],
    );
    for (const { value } of own) expect(value).toBeGreaterThan(0);
    expect(notes.some((note: string) => note.startsWith(`${name} is left out`))).toBe(!isThere);
  }
  const bytes = rows.filter((row: { measure: string }) => row.measure === "bytes");
  expect(bytes).toHaveLength(hasBrowser ? 2 : 1);
  for (const { value, met } of bytes) {
    expect(value).toBeGreaterThan(10_000);
    expect(met).toBe("yes");
  }
});

it("refuses to compare programs whose label maps differ, or say nothing", () => {
  const map = "01".repeat(10_000);
  const but = (count: number) => "11".repeat(count) + map.slice(2 * count);
  expect(() => requireSameLabels(new Map(Object.entries({ a: map, b: but(2) })), 1e-4)).not.toThrow();
  expect(() => requireSameLabels(new Map(Object.entries({ a: map, b: but(3) })), 1e-4)).toThrow(
    "the label maps of a and b differ in 3 of 20000 pixels",
  );
  expect(() => requireSameLabels(new Map(Object.entries({ a: map, b: map.slice(1) })), 1e-4)).toThrow("differ");
  expect(() => requireSameLabels(new Map(Object.entries({ a: "0000", b: "0000" })), 1e-4)).toThrow(
    "all labels are the same",
  );
});
