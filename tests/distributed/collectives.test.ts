/** Processes that work together, as real ones: what they exchange, and how the death of one ends the others. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exitCodes } from "../../src/core/errors.js";
import { transpileForChild } from "../support/transpile.js";
import { members } from "./members.js";

let folder: string;
beforeAll(() => {
  folder = transpileForChild(["tests/distributed/member.ts"]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What each process printed, all of which ended well. */
async function results(work: string, size = 2) {
  const ended = await members(folder, [work], { size });
  for (const one of ended) expect(one).toMatchObject({ code: 0, err: "" });
  return ended.map(({ out }) => JSON.parse(out));
}

describe("processes that work together", () => {
  it("have sums, rows, means and decisions in common", async () => {
    const [a, b] = await results("collectives");
    const close = (got: number[], want: number[]) => {
      expect(got).toHaveLength(want.length);
      for (const [i, value] of got.entries()) expect(value).toBeCloseTo(want[i], 6);
    };
    for (const { sum, rows, mean, none, some, first, bytes } of [a, b]) {
      close(
        sum,
        a.own.map((value: number, i: number) => value + b.own[i]),
      );
      close(
        rows,
        [...a.own, ...b.own].map((value) => 2 * value),
      );
      close(
        mean,
        a.own.map((value: number, i: number) => (value + b.own[i]) / 2),
      );
      expect({ none, some, first, bytes }).toEqual({
        ...{ none: false, some: true, first: { from: 0, text: "å" }, bytes: [1, 2, 3] },
      });
    }
    // Outside of a common step each is alone.
    expect(a.outside).not.toEqual(b.outside);
    // Of mean |x|² + ½|2x|² over both, counted once for each process: 2x + 2·4x.
    for (const { own, gradient } of [a, b])
      close(
        gradient,
        own.map((value: number) => 10 * value),
      );
  });

  it("normalise a batch by the images of all, forward and backward", async () => {
    for (const layouts of await results("batchNorm"))
      for (const [layout, differences] of Object.entries(layouts))
        for (const difference of differences as number[]) expect(difference, layout).toBeLessThan(1e-5);
  });

  it("average the gradients that a backward pass makes, and zeros where it makes none", async () => {
    for (const { apart, unused } of await results("gradients", 4)) {
      for (const difference of apart) expect(difference).toBeLessThan(2e-6);
      expect(unused).toEqual([0, 0, 0, 0, 0]);
    }
  });

  it("exchange messages of any size", async () => {
    for (const sizes of await results("sizes", 3))
      for (const difference of sizes.flat()) expect(difference).toBeLessThan(1e-6);
  });

  it("wait for each other outside of the event loop", async () => {
    expect(await results("wait")).toEqual([{ yes: true, turned: true }, true]);
  });
});

describe("the end of a process", () => {
  it("that is killed ends the others, who name it", async () => {
    // On one machine that shows long before its silence does.
    const tenMinutes = "600";
    const [first, second, third] = await members(folder, ["die", "60", tenMinutes], { size: 3 });
    expect(second.signal).toBe("SIGKILL");
    expect(first).toMatchObject({ code: exitCodes.peer });
    expect(first.err).toMatch(/^process 1 of 3 gave no sign of life any longer: .*\n$/);
    if (third.signal === null) expect(third.err).toBe(first.err);
  });

  it("that hangs is noticed by its silence", async () => {
    const [first] = await members(folder, ["stop", "60", "3"]);
    expect(first).toMatchObject({ code: exitCodes.peer });
    expect(first.err).toMatch(/^process 1 of 2 gave no sign of life any longer/);
  });

  it("that fails is told with its reason", async () => {
    const [first] = await members(folder, ["break"]);
    expect(first).toMatchObject({ code: exitCodes.peer, err: "process 1 of 2 ended: the disk is on fire\n" });
  });

  it("that never comes is waited for as long as was said", async () => {
    const [first] = await members(folder, ["collectives", "2"], { only: [0] });
    expect(first).toMatchObject({ code: 1 });
    expect(first.err).toMatch(/process 0 of 2 did not find the others at 127\.0\.0\.1/);
  });
});
