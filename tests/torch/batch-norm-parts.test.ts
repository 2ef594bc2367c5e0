/** The bridge's own batch normalisation against libtorch's in float64, batch by batch. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as torch from "../../src/torch/index.js";
import { DtypeError, Generator, ShapeError, type Tensor } from "../../src/torch/index.js";
import { tensorTest } from "../support/tensors.js";

interface Case {
  parts: number[];
  channels: number;
  height: number;
  width: number;
  seed: number;
}

const cases = fc.record<Case>({
  parts: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
  channels: fc.integer({ min: 1, max: 40 }),
  height: fc.integer({ min: 2, max: 9 }),
  width: fc.integer({ min: 2, max: 9 }),
  seed: fc.integer({ min: 0, max: 1000 }),
});

/** Rows of one value, and a gradient of the weight whose sum cancels. */
const examples: [Case][] = [
  [{ parts: [1, 2], channels: 1, height: 3, width: 3, seed: 0 }],
  [{ parts: [2, 2, 2, 1], channels: 1, height: 3, width: 9, seed: 913 }],
];

const epsilon = 1e-5;
const momentum = 0.1;

function draw({ parts, channels, height, width, seed }: Case, dtype: "float32" | "bfloat16") {
  using generator = new Generator(seed);
  const shape = [parts.reduce((sum, part) => sum + part), channels, height, width];
  const map = () => torch.randn(shape, { generator }).mul(2).add(1).to({ dtype, memoryFormat: "channelsLast" });
  const perChannel = () => torch.rand([channels], { generator }).add(0.5);
  const [x, weight, bias] = [map(), perChannel(), perChannel()].map((tensor) => tensor.detach().requiresGrad_());
  return { x, weight, bias, up: map(), mean: perChannel(), variance: perChannel() };
}

type Drawn = ReturnType<typeof draw>;

/** Output, the three gradients, and both moved averages. */
function observe({ x, weight, bias, up, mean, variance }: Drawn, normalise: (drawn: Drawn) => Tensor) {
  const drawn = { x, weight, bias, up, mean: mean.clone(), variance: variance.clone() };
  const y = normalise(drawn);
  return [y, ...torch.grad(y, [x, weight, bias], { gradOutputs: [up] }), drawn.mean, drawn.variance];
}

/** The same by libtorch, a batch at a time. */
const apart =
  (parts: readonly number[]) =>
  ({ x, weight, bias, mean, variance }: Drawn) =>
    torch.cat(
      x.split(parts).map((part) => torch.batchNorm(part, weight, bias, mean, variance, true, momentum, epsilon, true)),
    );

const together =
  (parts: readonly number[]) =>
  ({ x, weight, bias, mean, variance }: Drawn) =>
    torch.batchNormParts(x, weight, bias, mean, variance, parts, momentum, epsilon);

function inDouble(drawn: Drawn): Drawn {
  const entries = Object.entries(drawn).map(([name, tensor]) => {
    const copy = tensor.detach().to({ dtype: "float64", copy: true });
    return [name, tensor.requiresGrad ? copy.requiresGrad_() : copy];
  });
  return Object.fromEntries(entries);
}

const difference = (got: Tensor, want: Tensor) => got.to({ dtype: "float64" }).sub(want).abs();

/** Largest difference, relative to the largest value wanted. */
function distance(got: Tensor, want: Tensor): number {
  return difference(got, want).amax().item() / Math.max(want.abs().amax().item(), 1e-3);
}

/**
 * Largest difference of a channel's sum over dy or dy·x̂, relative to Σ|dy|: what is summed may cancel, and its rounding
 * stays, in libtorch's own operator too.
 */
function sumDistance(got: Tensor, want: Tensor, { up }: Drawn): number {
  const summed = up.to({ dtype: "float64" }).abs().sum([0, 2, 3]);
  return difference(got, want).div(summed).amax().item();
}

describe("batchNormParts", () => {
  // bfloat16 keeps eight significant bits; what is summed over pixels is float32 all the same.
  it.each([
    ["float32", 2e-5],
    ["bfloat16", 1e-2],
  ] as const)("normalises each batch by itself, with its gradients (%s)", (dtype, ofMaps) => {
    fc.assert(
      fc.property(cases, (drawnCase) => {
        torch.scope(() => {
          const drawn = draw(drawnCase, dtype);
          const got = observe(drawn, together(drawnCase.parts));
          const want = observe(inDouble(drawn), apart(drawnCase.parts));
          const [y, ofX, ofWeight, ofBias, ...averages] = got.map((tensor, i) =>
            i === 2 || i === 3 ? sumDistance(tensor, want[i], drawn) : distance(tensor, want[i]),
          );
          expect(Math.max(y, ofX), `maps ${y}, ${ofX}`).toBeLessThan(ofMaps);
          expect(Math.max(ofWeight, ofBias), `sums ${ofWeight}, ${ofBias}`).toBeLessThan(5e-6);
          expect(Math.max(...averages), `averages ${averages}`).toBeLessThan(2e-5);
        });
      }),
      { numRuns: 60, examples },
    );
  });

  tensorTest("answers for large maps as for small ones, whatever the number of threads", () => {
    const drawnCase = { parts: [2, 1], channels: 8, height: 96, width: 96, seed: 1 };
    const drawn = draw(drawnCase, "float32");
    const want = observe(inDouble(drawn), apart(drawnCase.parts));
    const before = torch.threads();
    try {
      for (const threads of [1, 2]) {
        torch.setThreads(threads);
        const got = observe(drawn, together(drawnCase.parts));
        for (const [i, tensor] of got.entries()) expect(distance(tensor, want[i])).toBeLessThan(1e-4);
      }
    } finally {
      torch.setThreads(before);
    }
  });

  tensorTest("leaves averages alone that it is not given, and an input in another layout", () => {
    const drawn = draw({ parts: [2], channels: 4, height: 6, width: 6, seed: 2 }, "float32");
    const without = (x: Tensor) =>
      torch.batchNormParts(x, drawn.weight, drawn.bias, null, null, [2], momentum, epsilon);
    const planes = drawn.x.detach().to({ memoryFormat: "contiguous" });
    expect([...without(planes).toNumbers()]).toEqual([...without(drawn.x).toNumbers()]);
  });

  tensorTest("reads weights that do not lie side by side", () => {
    const { x, weight, bias } = draw({ parts: [2], channels: 3, height: 6, width: 6, seed: 4 }, "float32");
    const strided = torch.stack([weight, bias], 1).select(1, 0);
    const normalise = (w: Tensor) => [
      ...torch.batchNormParts(x, w, bias, null, null, [2], momentum, epsilon).toNumbers(),
    ];
    expect(normalise(strided)).toEqual(normalise(weight));
  });

  tensorTest("refuses what it cannot do", () => {
    const { x, weight, bias } = draw({ parts: [2], channels: 4, height: 6, width: 6, seed: 3 }, "float32");
    const normalise = (map: Tensor, parts: number[]) =>
      torch.batchNormParts(map, weight, bias, null, null, parts, momentum, epsilon);
    expect(() => normalise(x, [1, 2])).toThrow(ShapeError);
    expect(() => normalise(x, [1, 2])).toThrow("batch_norm_parts: the parts have 3 images");
    expect(() => normalise(x, [2, 0])).toThrow(ShapeError);
    expect(() => normalise(x.to({ dtype: "float64" }), [2])).toThrow(DtypeError);
    expect(() => normalise(x.narrow(1, 0, 3), [2])).toThrow(ShapeError);
    expect(() => normalise(torch.zeros([1, 4, 0, 4]), [1])).toThrow("the input is empty");
    const moving = (mean: Tensor | null, variance: Tensor | null) =>
      torch.batchNormParts(x, weight, bias, mean, variance, [2], momentum, epsilon);
    expect(() => moving(torch.zeros([5]), torch.ones([5]))).toThrow(
      "running_mean has size 5, the input has 4 channels",
    );
    expect(() => moving(torch.zeros([4]), null)).toThrow("running_mean and running_var go together");
    expect(() => moving(torch.zeros([4], { dtype: "float64" }), torch.ones([4]))).toThrow(DtypeError);
    const y = normalise(x, [2]).square().sum();
    expect(() => torch.grad(y, [x], { createGraph: true })).toThrow("no gradient of its gradient");
  });
});
