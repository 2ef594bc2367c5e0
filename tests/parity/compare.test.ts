/** The comparison itself must be able to fail: each kind of deviation is found and named. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compare } from "../../src/parity/compare.js";
import { GoldenCase } from "../../src/parity/golden-case.js";
import { networkOf } from "../../src/parity/kinds/unet.js";
import { kinds } from "../../src/parity/registry.js";
import { checkCase, findCases } from "../../src/parity/run.js";
import { scope } from "../../src/torch/index.js";

const golden = join(import.meta.dirname, "..", "golden");
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dimseg-parity-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function copyWith(change: (description: Record<string, unknown>) => void): string {
  cpSync(join(golden, "schedule"), folder, { recursive: true });
  const path = join(folder, "k30000.json");
  const description = JSON.parse(readFileSync(path, "utf8"));
  change(description);
  writeFileSync(path, JSON.stringify(description));
  return path;
}

describe("compare", () => {
  it("names the first value out of tolerance", () => {
    const path = copyWith(({ params }) => {
      (params as { baseLr: number }).baseLr = 0.031;
    });
    const failures = checkCase(path).comparison?.failures.join() ?? "";
    expect(failures).toMatch(/lr_during \d+ of \d+ values out of tolerance \(first at 0: got 0.031, expected 0.03\)/);
  });

  it("reports an output that was not computed", () => {
    const testCase = GoldenCase.read(join(golden, "schedule", "k30000.json"));
    expect(compare(testCase, new Map()).failures).toContain("ema was not computed");
  });

  it("reports a wrong number of values and a NaN", () => {
    const testCase = GoldenCase.read(join(golden, "schedule", "k30000.json"));
    const ema = testCase.numbers("ema");
    const nan = ema.map(() => Number.NaN);
    expect(compare(testCase, new Map([["ema", ema.slice(1)]])).failures.join()).toMatch(
      /ema has \d+ values instead of/,
    );
    expect(compare(testCase, new Map([["ema", nan]])).failures.join()).toMatch(
      /ema \d+ of \d+ values out of tolerance/,
    );
  });

  it("lets nothing but the same infinity meet an infinity", () => {
    const stored = GoldenCase.read(join(golden, "schedule", "k30000.json"));
    const [name] = stored.outputNames;
    const wants = (value: number) => Object.assign(Object.create(stored), { numbers: () => Float64Array.of(value) });
    const failures = (got: number, want: number) =>
      compare(wants(want), new Map([[name, [got]]])).failures.filter((failure) => failure.startsWith(name));
    for (const want of [Infinity, -Infinity]) {
      expect(failures(want, want)).toEqual([]);
      for (const got of [0, 1e300, -want, Number.NaN]) expect(failures(got, want).join()).toMatch(/1 of 1 values out/);
      expect(failures(want, 1).join()).toMatch(/1 of 1 values out/);
    }
  });

  it("counts a kind nobody knows as unsupported, not as passed", () => {
    const path = copyWith((description) => {
      description.kind = "tomorrow";
    });
    expect(checkCase(path)).toMatchObject({ kind: "tomorrow", comparison: null });
  });

  it("says so when a folder holds no case or does not exist", () => {
    expect(() => findCases(folder)).toThrow(/holds no golden case/);
    expect(() => findCases(join(folder, "missing"))).toThrow(/cannot be read/);
  });
});

describe("neighbouring starts", () => {
  const stored = join(golden, "dim_step", "fundus_lambda0_sam.json");

  /** Every weight and buffer of the student of a neighbour. */
  const weights = (neighbour: number) =>
    scope(() =>
      [...networkOf(GoldenCase.read(stored).neighbouring(neighbour)).stateDict()]
        .filter(([, tensor]) => tensor.dtype === "float32")
        .flatMap(([, tensor]) => [...tensor.toNumbers()]),
    );

  it("lie within float32's spacing of the stored one, each elsewhere", () => {
    const own = weights(0);
    const [one, again, other] = [1, 1, 2].map(weights);
    own.forEach((weight, i) => {
      expect(Math.abs(one[i] - weight)).toBeLessThanOrEqual(2 ** -22 * Math.abs(weight));
    });
    expect(again).toEqual(one);
    expect(one).not.toEqual(own);
    expect(one).not.toEqual(other);
  });

  it("pass a case whose stored start lands on the other side of a threshold, and say so", () => {
    const path = copyWith((description) => Object.assign(description, { kind: "threshold", include: [], inputs: [] }));
    const [first] = GoldenCase.read(path).outputNames;
    kinds.threshold = (testCase) => {
      const weight = testCase.start(first);
      const moved = weight.toNumbers().some((value, i) => value !== testCase.numbers(first)[i]);
      const values = testCase.outputNames.map((name): [string, ArrayLike<number>] => [name, testCase.numbers(name)]);
      return new Map(moved ? values : values.slice(1));
    };
    try {
      expect(checkCase(path)).toMatchObject({ neighbour: 1, comparison: { failures: [] } });
    } finally {
      delete kinds.threshold;
    }
  });

  it("do not pass a wrong equation", () => {
    cpSync(golden, folder, { recursive: true });
    const path = join(folder, "dim_step", "fundus_lambda0_sam.json");
    const description = JSON.parse(readFileSync(path, "utf8"));
    description.params.rho *= 1.01;
    writeFileSync(path, JSON.stringify(description));
    const { neighbour, comparison } = checkCase(path);
    expect(neighbour).toBe(0);
    expect(comparison?.failures.join()).toMatch(/norm_eps \d of \d values out of tolerance/);
  });
});
