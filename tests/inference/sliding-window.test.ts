/** Asking about images of any size: windows, their weights, and answers that come in parts. */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { planar8bit } from "../../src/augment/index.js";
import { NumericError, UsageError } from "../../src/core/errors.js";
import { atOnce, inTurns, Stopped, turnUntil } from "../../src/core/turns.js";
import type { Answerer } from "../../src/inference/inferers/answerer.js";
import { networkAnswerer } from "../../src/inference/inferers/answerer.js";
import { resamplingReach } from "../../src/inference/inferers/columns.js";
import { inferLabels, inferProbabilities } from "../../src/inference/inferers/infer.js";
import { type PartTaker, type PlacedPart, wholeImage } from "../../src/inference/inferers/inferer.js";
import { PartResampler } from "../../src/inference/inferers/resample-parts.js";
import { type SlidingWindowOptions, slidingWindow } from "../../src/inference/inferers/sliding-window.js";
import { axisPart, settledBy, windowsAlong } from "../../src/inference/inferers/windows.js";
import { labelMaps, predict } from "../../src/inference/predict.js";
import { VNet } from "../../src/nn/index.js";
import {
  cat,
  fromTypedArray,
  full,
  Generator,
  liveTensors,
  rand,
  resizeLinear,
  scope,
  type Tensor,
} from "../../src/torch/index.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";
import { pixels, tinyNetwork } from "./tiny.js";

const planar = tinyNetwork(1, 3);
const deep = (() => {
  using generator = new Generator(3);
  return new VNet({ inChannels: 1, outChannels: 3, width: 2, generator });
})();
const asked = { kind: "softmax", device: "cpu", precision: "fp32", normalisation: planar8bit } as const;

afterAll(() => {
  planar.dispose();
  deep.dispose();
});

const image = (shape: readonly number[]) =>
  fromTypedArray(pixels(shape.reduce((product, side) => product * side, 1)), [1, ...shape]);

/** Two classes whose scores depend on a voxel's own value and on where it lies in its window. */
const positional: Answerer = {
  input: (raw) => raw.to({ dtype: "float32" }),
  probabilities: (input) =>
    scope(() => {
      const [, , ...sides] = input.shape;
      using generator = new Generator(sides.reduce((a, b) => a * 31 + b, 7));
      const score = rand([1, 1, ...sides], { generator })
        .mul(0.3)
        .add(input.div(400));
      return cat([score, score.mul(-1).add(1)], 1);
    }),
};

/** All parts put together by the definition of a part: [K, ...S]. */
function gather(parts: { values: number[]; shape: number[]; from: readonly number[] }[], shape: readonly number[]) {
  const classes = parts[0].shape[0];
  const voxels = shape.reduce((product, side) => product * side, 1);
  const all = new Array<number>(classes * voxels).fill(Number.NaN);
  for (const { values, shape: extent, from } of parts) {
    values.forEach((value, i) => {
      let rest = i;
      const at = [...extent.keys()].reverse().map((axis) => {
        const index = rest % extent[axis];
        rest = Math.floor(rest / extent[axis]);
        return index;
      });
      const [k, ...position] = at.reverse();
      const index = position.reduce((sum, p, axis) => sum * shape[axis] + p + from[axis], 0);
      expect(all[k * voxels + index], "each place once").toBeNaN();
      all[k * voxels + index] = value;
    });
  }
  return all;
}

function partsOf(run: (take: (part: PlacedPart) => void) => void) {
  const parts: { values: number[]; shape: number[]; from: readonly number[] }[] = [];
  run(({ probabilities, from }) => {
    parts.push({ values: numbers(probabilities), shape: probabilities.shape, from });
  });
  return parts;
}

/** The weighted mean of all windows at every voxel, as the definition reads, in float64. */
function byDefinition(input: Tensor, patch: readonly number[], step: number): number[] {
  const shape = input.shape.slice(1);
  const padded = shape.map((side, axis) => Math.max(side, patch[axis]));
  const margins = shape.map((side, axis) => Math.floor((padded[axis] - side) / 2));
  const starts = shape.map((side, axis) => windowsAlong(side, patch[axis], step).starts);
  const windows = starts.reduce<number[][]>(
    (lists, own) => lists.flatMap((list) => own.map((start) => [...list, start])),
    [[]],
  );
  const bell = (i: number, length: number) => Math.exp(-0.5 * ((i - Math.floor(length / 2)) / (length / 8)) ** 2);
  const values = numbers(input);
  const voxels = values.length;
  const sums = [0, 1].map(() => new Float64Array(voxels));
  const weights = new Float64Array(voxels);
  const size = patch.reduce((product, side) => product * side, 1);
  const unravel = (index: number, sides: readonly number[]) => {
    let rest = index;
    return [...sides]
      .reverse()
      .map((side) => {
        const at = rest % side;
        rest = Math.floor(rest / side);
        return at;
      })
      .reverse();
  };
  for (const window of windows) {
    const places = Array.from({ length: size }, (_, i) => {
      const at = unravel(i, patch);
      const place = at.map((p, axis) => p + window[axis] - margins[axis]);
      const inside = place.every((p, axis) => p >= 0 && p < shape[axis]);
      return { at, index: inside ? place.reduce((sum, p, axis) => sum * shape[axis] + p, 0) : -1 };
    });
    const content = Float32Array.from(places, ({ index }) => (index < 0 ? 0 : values[index]));
    const answer = scope(() => numbers(positional.probabilities(fromTypedArray(content, [1, 1, ...patch]))));
    places.forEach(({ at, index }, i) => {
      if (index < 0) return;
      const weight = at.reduce((product, p, axis) => product * bell(p, patch[axis]), 1);
      weights[index] += weight;
      for (const k of [0, 1]) sums[k][index] += weight * answer[k * size + i];
    });
  }
  return sums.flatMap((sum) => [...sum].map((value, i) => value / weights[i]));
}

/** The parts of a sliding window on another grid. */
function resample(shape: readonly number[], to: readonly number[], options: SlidingWindowOptions) {
  return partsOf((take) => {
    const resampler = new PartResampler(shape, to, take);
    atOnce(slidingWindow(options)(image(shape), positional, (part) => resampler.take(part), resamplingReach));
    resampler.dispose();
  });
}

describe("windows along an axis", () => {
  it("lie as nnU-Net's do", () => {
    expect(windowsAlong(110, 64, 0.5).starts).toEqual([0, 23, 46]);
    expect(windowsAlong(64, 64, 0.5)).toMatchObject({ starts: [0], extent: 64, margin: 0 });
    expect(windowsAlong(50, 64, 0.5)).toMatchObject({ starts: [0], extent: 64, margin: 7 });
    expect(windowsAlong(100, 64, 1).starts).toEqual([0, 36]);
  });

  it("cover the axis, overlap at least as asked, and count 1 together everywhere", () => {
    const sizes = fc.record({
      side: fc.integer({ min: 1, max: 90 }),
      length: fc.integer({ min: 1, max: 40 }),
      step: fc.double({ min: 0.1, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(sizes, ({ side, length, step }) => {
        const along = windowsAlong(side, length, step);
        const { starts, weights, extent } = along;
        const sums = new Float64Array(extent);
        starts.forEach((start, w) => {
          weights[w].forEach((value, i) => {
            sums[start + i] += value;
          });
          if (w > 0) expect(start - starts[w - 1]).toBeLessThanOrEqual(Math.max(length * step + 1, 1));
        });
        for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
        const whole = axisPart(along, { from: 0, to: side });
        expect(starts.reduce((total, _, w) => total + settledBy(whole, w), 0)).toBe(side);
      }),
    );
  });
});

describe("sliding window", () => {
  const cases = fc.constantFrom(2, 3).chain((rank) =>
    fc.record({
      shape: fc.array(fc.integer({ min: 1, max: rank === 2 ? 20 : 9 }), { minLength: rank, maxLength: rank }),
      patch: fc.array(fc.integer({ min: 1, max: rank === 2 ? 8 : 5 }), { minLength: rank, maxLength: rank }),
      step: fc.constantFrom(0.3, 0.5, 1),
    }),
  );

  it("averages all windows by their Gaussians, in both ranks, whatever the sizes", () => {
    fc.assert(
      fc.property(cases, ({ shape, patch, step }) => {
        scope(() => {
          const input = image(shape);
          const inferer = slidingWindow({ patch, step });
          const parts = partsOf((take) => atOnce(inferer(input, positional, take)));
          expectRelative(gather(parts, shape), byDefinition(input, patch, step), { absolute: 1e-5 });
        });
      }),
      { numRuns: 40 },
    );
  });

  it("gives the same bits in columns as small as can be", () => {
    fc.assert(
      fc.property(cases, ({ shape, patch, step }) => {
        scope(() => {
          const answers = [undefined, 0].map((bytes) => {
            const inferer = slidingWindow({ patch, step, ...(bytes === undefined ? {} : { bytes }) });
            return gather(
              partsOf((take) => atOnce(inferer(image(shape), positional, take))),
              shape,
            );
          });
          expect(answers[1]).toEqual(answers[0]);
        });
      }),
      { numRuns: 40 },
    );
  });

  it("gives the bits of the whole image for one window that covers it", () => {
    scope(() => {
      for (const [network, shape] of [
        [planar, [32, 48]],
        [deep, [16, 32, 16]],
      ] as const) {
        const input = image(shape);
        const whole = inferProbabilities(network, input, asked);
        const inferer = slidingWindow({ patch: shape });
        expect(inferProbabilities(network, input, { ...asked, inferer })).toEqual(whole);
        const { probabilities } = predict(network, input.unsqueeze(0), asked);
        expect([...whole]).toEqual(numbers(probabilities));
        expect(inferLabels(network, input, { ...asked, inferer })).toEqual(labelMaps(probabilities, "softmax")[0]);
      }
    });
  });

  it("gives the same bits twice, and lets go of every tensor", () => {
    const before = liveTensors();
    scope(() => {
      const input = image([20, 37, 18]);
      const inferer = slidingWindow({ patch: [16, 16, 16] });
      const run = () => inferProbabilities(deep, input, { ...asked, inferer, testTimeFlips: true });
      expect(run()).toEqual(run());
    });
    expect(liveTensors()).toBe(before);
  });

  it("leaves a constant answer as it is, also where the image is smaller than a window", () => {
    const constant: Answerer = {
      input: (raw) => raw.to({ dtype: "float32" }),
      probabilities: ({ shape: [, , ...sides] }) => full([1, 2, ...sides], 0.25, { dtype: "float32" }),
    };
    scope(() => {
      for (const shape of [
        [30, 3],
        [3, 30, 9],
      ]) {
        const inferer = slidingWindow({ patch: shape.map(() => 8) });
        const parts = partsOf((take) => atOnce(inferer(image(shape), constant, take)));
        const values = gather(parts, shape);
        expectRelative(
          values,
          values.map(() => 0.25),
          { relative: 1e-6 },
        );
      }
    });
  });

  it("holds no more of a long volume than of a short one", () => {
    const largest = (depth: number) => {
      let most = 0;
      scope(() => {
        const take: PartTaker = ({ probabilities }) => {
          most = Math.max(most, probabilities.numel);
        };
        atOnce(slidingWindow({ patch: [4, 4, 4] })(image([depth, 8, 8]), positional, take));
      });
      return most;
    };
    expect(largest(64)).toBe(largest(8));
  });

  it("refuses windows that are none of the image's", () => {
    scope(() => {
      const ask = (options: Parameters<typeof slidingWindow>[0]) =>
        atOnce(slidingWindow(options)(image([8, 8]), positional, () => {}));
      expect(() => ask({ patch: [4, 4, 4] })).toThrow(UsageError);
      expect(() => ask({ patch: [4, 0] })).toThrow(/patch is \[4,0\]; expected 2 positive integers/);
      expect(() => ask({ patch: [4, 4], step: 0 })).toThrow(/step is 0; expected a number in \(0, 1\]/);
    });
  });
});

it("ends between two windows where a turn says so, and leaves no tensor behind", async () => {
  const input = image([20, 24, 17]);
  const before = liveTensors();
  let asks = 0;
  const counting: Answerer = {
    input: positional.input,
    probabilities: (tensor) => {
      asks++;
      return positional.probabilities(tensor);
    },
  };
  const parts: number[] = [];
  const work = slidingWindow({ patch: [8, 8, 8] })(input, counting, ({ from }) => void parts.push(from[0]));
  const turn = turnUntil(() => asks === 7);
  await expect(inTurns(work, turn)).rejects.toThrow(Stopped);
  expect(asks).toBe(7);
  expect(parts).toEqual([0]);
  expect(liveTensors()).toBe(before);
  input.dispose();
});

describe("labels and probabilities", () => {
  it("are those of overlapping classes too", () => {
    scope(() => {
      const input = image([20, 24]);
      const options = { ...asked, kind: "sigmoid", inferer: slidingWindow({ patch: [16, 16] }) } as const;
      const probabilities = inferProbabilities(planar, input, options);
      const labels = inferLabels(planar, input, options);
      expect([...labels]).toEqual([...probabilities].map((p) => (p >= 0.5 ? 1 : 0)));
    });
  });

  it("of volumes are the largest probability's", () => {
    scope(() => {
      const input = image([20, 24, 17]);
      const options = { ...asked, inferer: slidingWindow({ patch: [16, 16, 16] }) };
      const probabilities = inferProbabilities(deep, input, options);
      const voxels = 20 * 24 * 17;
      const labels = inferLabels(deep, input, options);
      labels.forEach((label, i) => {
        const own = [0, 1, 2].map((k) => probabilities[k * voxels + i]);
        expect(own[label]).toBe(Math.max(...own));
      });
    });
  });

  it("are resampled to another grid part by part as at once", () => {
    const sizes = fc.constantFrom(2, 3).chain((rank) =>
      fc.record({
        shape: fc.array(fc.integer({ min: 1, max: rank === 2 ? 14 : 8 }), { minLength: rank, maxLength: rank }),
        to: fc.array(fc.integer({ min: 1, max: rank === 2 ? 25 : 12 }), { minLength: rank, maxLength: rank }),
        patch: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: rank, maxLength: rank }),
      }),
    );
    fc.assert(
      fc.property(sizes, ({ shape, to, patch }) => {
        scope(() => {
          const parts = partsOf((take) => atOnce(slidingWindow({ patch })(image(shape), positional, take)));
          const values = Float32Array.from(gather(parts, shape));
          const want = resizeLinear(fromTypedArray(values, [1, 2, ...shape]), to);
          const resampled = resample(shape, to, { patch });
          expectRelative(gather(resampled, to), numbers(want), { absolute: 1e-5 });
          expect(gather(resample(shape, to, { patch, bytes: 0 }), to)).toEqual(gather(resampled, to));
        });
      }),
      { numRuns: 60 },
    );
  });

  tensorTest("refuse an output that is no number, naming the image", () => {
    const generator = new Generator(1);
    const broken = new VNet({ inChannels: 1, outChannels: 2, width: 2, generator });
    generator.dispose();
    broken.parameters()[0].detach().fill_(Number.NaN);
    const options = { ...asked, inferer: slidingWindow({ patch: [16, 16, 16] }) };
    expect(() => inferLabels(broken, image([18, 16, 16]), options, "case 7")).toThrow(NumericError);
    expect(() => inferLabels(broken, image([18, 16, 16]), options, "case 7")).toThrow(/^case 7: /);
    broken.dispose();
  });
});

describe("mirror images", () => {
  it("of a volume are two, averaged: the one that training flips", () => {
    scope(() => {
      const input = image([16, 16, 16]);
      const mirrored = networkAnswerer(deep, { ...asked, testTimeFlips: true });
      const plain = networkAnswerer(deep, asked);
      const raw = plain.input(input.unsqueeze(0));
      const subsets = [[], [4]];
      const views = subsets.map((axes) => numbers(plain.probabilities(raw.flip(axes)).flip(axes)));
      const want = views[0].map((_, i) => views.reduce((sum, view) => sum + view[i], 0) / 2);
      expectRelative(numbers(mirrored.probabilities(raw)), want, { absolute: 1e-6 });
    });
  });
});

it("hands out the whole image as one part", () => {
  scope(() => {
    const parts = partsOf((take) => atOnce(wholeImage(image([4, 6]), positional, take)));
    expect(parts).toMatchObject([{ shape: [2, 4, 6], from: [0, 0] }]);
  });
});
