/** Several batches give what a pass over each gives, whether they go through the network together or one by one. */
import { describe, expect, it } from "vitest";
import { studentForward } from "../../src/methods/index.js";
import { passTogether, studentForwards, teacherForward, teacherForwards } from "../../src/methods/parts/forward.js";
import { UNet } from "../../src/nn/index.js";
import { Generator, noGrad, rand, scope, zeros } from "../../src/torch/index.js";
import { expectRelative, numbers } from "../support/tensors.js";

const forward = { precision: "fp32", device: "cpu" } as const;

function setUp(side: number) {
  using generator = new Generator(2);
  const network = new UNet({ inChannels: 1, outChannels: 2, width: 8, generator });
  const batches = noGrad(() => [2, 3].map((count) => rand([count, 1, side, side], { generator }).mul(count)));
  return { network, batches };
}

it("takes batches together while the map of the largest fits a processor's cache, and always on CUDA", () => {
  scope(() => {
    const { network } = setUp(32);
    const batches = (count: number, side: number) => [zeros([1, 1, side, side]), zeros([count, 1, side, side])];
    expect(passTogether(network, batches(8, 128), forward)).toBe(true);
    expect(passTogether(network, batches(9, 128), forward)).toBe(false);
    expect(passTogether(network, batches(16, 128), { ...forward, precision: "bf16" })).toBe(true);
    expect(passTogether(network, batches(9, 128), { ...forward, device: "cuda" })).toBe(true);
    expect(passTogether(network, [zeros([1, 1, 32, 32])], forward)).toBe(false);
  });
});

describe.each([
  { side: 32, how: "together" },
  { side: 224, how: "one by one" },
])("batches of $side×$side pixels, $how,", ({ side, how }) => {
  it("give each its own outputs", () => {
    scope(() => {
      const { network, batches } = setUp(side);
      expect(passTogether(network, batches, forward)).toBe(how === "together");
      const together = noGrad(() => studentForwards(network, batches, false, forward));
      const apart = noGrad(() => batches.map((images) => studentForward(network, images, false, forward)));
      together.forEach((output, i) => {
        for (const name of ["logits", "bottleneck", "feature"] as const) {
          expect(output[name]?.shape).toEqual(apart[i][name]?.shape);
          expectRelative(numbers(output[name]!), numbers(apart[i][name]!), { absolute: 1e-3, relative: 1e-3 });
        }
      });
      const answers = teacherForwards(network, batches, forward);
      batches.forEach((images, i) => {
        const alone = numbers(teacherForward(network, images, forward));
        expectRelative(numbers(answers[i]), alone, { absolute: 1e-3, relative: 1e-3 });
      });
    });
  });
});
