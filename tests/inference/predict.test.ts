/** Prediction: the same bits alone and in a batch, the mean over mirror images, thresholds and ties. */
import { afterAll, describe, expect, it } from "vitest";
import { planar8bit } from "../../src/augment/index.js";
import { NumericError } from "../../src/core/errors.js";
import { labelMaps, type PredictOptions, predict, requireFinite } from "../../src/inference/predict.js";
import { fromTypedArray, liveTensors, noGrad, ShapeError, scope, type Tensor, tensor } from "../../src/torch/index.js";
import { numbers, pixels, tinyNetwork } from "./tiny.js";

const network = tinyNetwork(3, 2);
const images = fromTypedArray(pixels(5 * 3 * 24 * 24), [5, 3, 24, 24]);
const softmax: PredictOptions = { kind: "softmax", device: "cpu", precision: "fp32", normalisation: planar8bit };
const sigmoid: PredictOptions = { ...softmax, kind: "sigmoid" };

/** What PyTorch users write: evaluation mode and no gradients. */
function reference(x: Tensor): Tensor {
  network.eval();
  const logits = noGrad(() => network.forward(x.to({ dtype: "float32" }).div(127.5).sub(1)));
  network.train();
  return logits;
}

afterAll(() => {
  network.dispose();
  images.dispose();
});

describe("predict", () => {
  it("gives the probabilities of the network in evaluation mode", () => {
    scope(() => {
      const logits = reference(images.narrow(0, 2, 1));
      const one = predict(network, images.narrow(0, 2, 1), softmax);
      expect(numbers(one.logits)).toEqual(numbers(logits));
      expect(numbers(one.probabilities)).toEqual(numbers(logits.softmax(1)));
      expect(numbers(predict(network, images.narrow(0, 2, 1), sigmoid).probabilities)).toEqual(
        numbers(logits.sigmoid()),
      );
    });
  });

  it.each(["fp32", "bf16"] as const)("gives an image the same bits alone and in a batch in %s", (precision) => {
    for (const testTimeFlips of [false, true])
      scope(() => {
        const together = predict(network, images, { ...softmax, precision, testTimeFlips }).probabilities;
        for (let i = 0; i < 5; i++) {
          const alone = predict(network, images.narrow(0, i, 1), { ...softmax, precision, testTimeFlips });
          expect(numbers(alone.probabilities)).toEqual(numbers(together.narrow(0, i, 1)));
        }
      });
  });

  it("averages the probabilities of the four mirror images", () => {
    scope(() => {
      const x = images.narrow(0, 0, 1);
      const answer = (axes: number[]) => numbers(reference(x.flip(axes)).sigmoid().flip(axes));
      const views = [[], [3], [2], [2, 3]].map(answer);
      const result = numbers(predict(network, x, { ...sigmoid, testTimeFlips: true }).probabilities);
      result.forEach((value, i) => {
        expect(value).toBeCloseTo((views[0][i] + views[1][i] + views[2][i] + views[3][i]) / 4, 6);
      });
      expect(result).not.toEqual(views[0]);
    });
  });

  it("turns with its image when mirror images are averaged", () => {
    scope(() => {
      const options = { ...softmax, testTimeFlips: true };
      const straight = predict(network, images, options).probabilities.flip([3]);
      const mirrored = numbers(predict(network, images.flip([3]), options).probabilities);
      numbers(straight).forEach((value, i) => {
        expect(mirrored[i]).toBeCloseTo(value, 6);
      });
    });
  });

  it("leaves the network's modes, statistics and the number of tensors as they were", () => {
    const parts = network.namedModules();
    network.train();
    parts[3][1].training = false;
    const modes = () => parts.map(([, part]) => part.training);
    const statistics = () => scope(() => network.namedBuffers().map(([, buffer]) => numbers(buffer)));
    const before = { modes: modes(), statistics: statistics(), live: liveTensors() };
    scope(() => void predict(network, images, { ...softmax, testTimeFlips: true }));
    expect({ modes: modes(), statistics: statistics(), live: liveTensors() }).toEqual(before);
    expect(() => scope(() => predict(network, images.narrow(1, 0, 1), softmax))).toThrow(ShapeError);
    expect({ modes: modes(), statistics: statistics(), live: liveTensors() }).toEqual(before);
    network.train();
  });

  it("refuses what is no batch of images", () => {
    scope(() => {
      expect(() => predict(network, images.select(0, 0), softmax)).toThrow(
        "predict: images has shape [3,24,24]; expected [B, C, H, W] with B of at least 1",
      );
      expect(() => predict(network, images.narrow(0, 0, 0), softmax)).toThrow(ShapeError);
    });
  });
});

describe("labelMaps", () => {
  it("counts a probability of one half as the class, channel by channel", () => {
    scope(() => {
      const below = 0.5 - 2 ** -25;
      const probabilities = tensor([
        [[[0.5, below]], [[1, 0]]],
        [[[0, 0.7]], [[below, 0.5]]],
      ]);
      expect(labelMaps(probabilities, "sigmoid")).toEqual([Uint8Array.of(1, 0, 1, 0), Uint8Array.of(0, 1, 0, 1)]);
    });
  });

  it("gives the lowest class among equals", () => {
    scope(() => {
      const probabilities = tensor([[[[0.4, 0.2, 0.3]], [[0.4, 0.4, 0.3]], [[0.2, 0.4, 0.4]]]]);
      expect(labelMaps(probabilities, "softmax")).toEqual([Uint8Array.of(0, 1, 2)]);
    });
  });
});

describe("requireFinite", () => {
  it("names the image whose output holds NaN", () => {
    scope(() => {
      expect(() => requireFinite(tensor([0, 1]), "a/test/1")).not.toThrow();
      expect(() => requireFinite(tensor([0, Number.NaN]), "a/test/1")).toThrow(NumericError);
      expect(() => requireFinite(tensor([Number.POSITIVE_INFINITY]), "a/test/1")).toThrow(
        "a/test/1: the network's output holds NaN",
      );
    });
  });
});
