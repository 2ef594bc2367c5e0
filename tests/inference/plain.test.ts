/** Answers in plain arrays against those of libtorch, for the same network. */
import { describe, expect, it } from "vitest";
import { planar8bit } from "../../src/augment/index.js";
import type { TargetKind } from "../../src/core/target-kind.js";
import { atOnce } from "../../src/core/turns.js";
import type { Values } from "../../src/data/images/values.js";
import { framedGrid } from "../../src/grid/frame.js";
import { makeGrid } from "../../src/grid/grid.js";
import { answerInSize } from "../../src/inference/answer-in-size.js";
import { answerInPieces } from "../../src/inference/inferers/infer.js";
import { slidingWindow } from "../../src/inference/inferers/sliding-window.js";
import { plainAnswerInSize, plainAnswerOfPicture } from "../../src/inference/plain/answer-in-size.js";
import { plainWindows } from "../../src/inference/plain/sliding-window.js";
import { plainVolumeAnswer } from "../../src/inference/plain/volume-answer.js";
import { predict } from "../../src/inference/predict.js";
import { fromTypedArray, Generator, rand, scope, type Tensor } from "../../src/torch/index.js";
import { VolumeNetwork } from "../support/volume-network.js";
import { pixels } from "./tiny.js";

function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

function floats(tensor: Tensor): Float32Array {
  return tensor.toTypedArray() as Float32Array;
}

it("resizes a ramp by hand: outer edges stay where they are", () => {
  const { labels, probabilities } = plainAnswerInSize(Float32Array.of(0, 1), [1, 2], [1, 4], "sigmoid", true);
  expect([...(probabilities as Float32Array)]).toEqual([0, 0.25, 0.75, 1]);
  expect([...labels]).toEqual([0, 0, 1, 1]);
});

it("takes the first of equal classes, and a half as being there", () => {
  const half = Float32Array.of(0.5, 0.25, 0.5, 0.75);
  expect([...plainAnswerInSize(half, [1, 2], [1, 2], "softmax", false).labels]).toEqual([0, 1]);
  expect([...plainAnswerInSize(half, [1, 2], [1, 2], "sigmoid", false).labels]).toEqual([1, 0, 1, 1]);
});

describe.each(["sigmoid", "softmax"] as const)("%s", (kind: TargetKind) => {
  it.each([
    [12, 9],
    [40, 53],
    [5, 61],
  ])("resizes pictures to %i x %i as libtorch does", (height, width) => {
    using generator = new Generator(1);
    scope(() => {
      const raw = rand([1, 3, 16, 20], { generator });
      const own = answerInSize(raw, { shape: [height, width], spacing: null }, { kind, mode: "stretch", wanted: true });
      const plain = plainAnswerInSize(floats(raw), [16, 20], [height, width], kind, true);
      expect(worst(plain.probabilities as Float32Array, own.probabilities as Float32Array)).toBeLessThan(2e-6);
      expect(plain.labels).toEqual(own.labels);
    });
  });

  it.each(["pad", "crop"] as const)("brings pictures back out of a frame as libtorch does (%s)", (mode) => {
    using generator = new Generator(1);
    scope(() => {
      const raw = rand([1, 3, 16, 20], { generator });
      const stored = makeGrid("picture", [40, 23]);
      const framed = { stored, working: framedGrid(stored, { height: 16, width: 20, mode }), mode };
      const own = answerInSize(raw, stored, { kind, mode, wanted: true });
      const plain = plainAnswerOfPicture(floats(raw), framed, kind, true);
      expect(worst(plain.probabilities as Float32Array, own.probabilities as Float32Array)).toBeLessThan(2e-6);
      expect(plain.labels).toEqual(own.labels);
    });
  });

  // Larger than the windows along every axis, smaller along one, and of another grid than the answer.
  it.each([
    { sides: [20, 40, 30], shape: [20, 40, 30], inColumns: true },
    { sides: [5, 33, 12], shape: [7, 40, 9], inColumns: false },
  ])("slides windows over a volume of $sides as libtorch does", async ({ sides, shape, inColumns }) => {
    const network = new VolumeNetwork(kind, 1);
    const patch = [8, 16, 12];
    const volume = pixels(
      sides.reduce((a, b) => a * b, 1),
      5,
    );
    const asked = { kind, device: "cpu", precision: "fp32", normalisation: planar8bit } as const;
    const own = scope(() => {
      const options = { ...asked, shape, inferer: slidingWindow({ patch }) };
      return atOnce(answerInPieces(network, fromTypedArray(volume, [1, ...sides]), options, "volume"));
    });
    const ask = async (window: Values) =>
      scope(() => floats(predict(network, fromTypedArray(window, [1, 1, ...patch]), asked).probabilities));
    const plain = await plainVolumeAnswer(volume, sides, shape, { kind, wanted: true, patch }, ask);
    expect(worst(plain.probabilities as Float32Array, own.probabilities)).toBeLessThan(2e-6);
    const others = plain.labels.filter((value, i) => value !== own.labels[i]).length;
    expect(others).toBeLessThanOrEqual(plain.labels.length / 10_000);
    // In columns too, to the bit, and a window that two columns ask about is new once.
    const asks: { window: Values; isNew: boolean }[] = [];
    const noted = (window: Values, isNew: boolean) => {
      asks.push({ window, isNew });
      return ask(window);
    };
    const cut = await plainVolumeAnswer(volume, sides, shape, { kind, wanted: true, patch, bytes: 0 }, noted);
    expect(cut).toEqual(plain);
    const windows = [...plainWindows(volume, sides, patch)].map((window) => window.join());
    const seen = asks.filter(({ isNew }) => isNew).map(({ window }) => window.join());
    expect(seen.sort()).toEqual(windows.sort());
    expect(asks.length > windows.length).toBe(inColumns);
    network.dispose();
  });
});
