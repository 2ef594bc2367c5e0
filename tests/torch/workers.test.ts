/** The addon in the main thread and in workers at once, loaded and left in any order, ended in any way. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import * as torch from "../../src/torch/index.js";
import { addonRecord } from "../../src/torch/native.js";

const child = fileURLToPath(new URL("workers-child.mjs", import.meta.url));

function run(rounds: number, mainLoads: "first" | "last" | "leave"): string {
  const args = [child, addonRecord().path, String(rounds), mainLoads];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
  return stdout;
}

/** What each worker computes, here in the test's own thread. */
const wanted = () =>
  torch.scope(() => {
    using generator = new torch.Generator(5);
    const image = torch.randn([1, 3, 16, 16], { generator, dtype: "float64" });
    const weight = torch.randn([4, 3, 3, 3], { generator, dtype: "float64" }).requiresGrad_();
    const [gradient] = torch.grad(torch.conv2d(image, weight).square().sum(), [weight]);
    return gradient.square().sum().item();
  });

describe("four workers, created and ended again and again", () => {
  it("50 times beside a main thread that computes too", () => {
    const { values, ...rest } = JSON.parse(run(50, "first"));
    expect(rest).toEqual({ ended: 200, live: 0, refusals: ["disposed"] });
    expect(values.sort()).toEqual([64, wanted()].sort());
  });

  it("before the main thread loads the addon", () => {
    const { values, ...rest } = JSON.parse(run(5, "last"));
    expect(rest).toEqual({ ended: 20, live: 0, refusals: ["disposed"] });
    expect(values.sort()).toEqual([64, wanted()].sort());
  });

  it("and left computing when the process ends", () => {
    for (let i = 0; i < 5; i++) run(1, "leave");
  });
});
