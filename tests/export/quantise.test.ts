/** Networks in whole numbers of 8 bits: what the graph is made of, and that it says nearly the same. */
import { afterAll, describe, expect, it } from "vitest";
import { planar8bit } from "../../src/augment/index.js";
import { graphOf } from "../../src/export/onnx/export-network.js";
import { encodeModel, type GraphNode, type OnnxGraph } from "../../src/export/onnx/model-file.js";
import { Quantisation, type ValueRange } from "../../src/export/onnx/quantise.js";
import { RangeFinder } from "../../src/export/onnx/ranges.js";
import { ModelSession } from "../../src/export/onnx/runtime.js";
import { constantOf, numbersOf } from "../../src/export/onnx/wiring.js";
import type { NetworkChoice } from "../../src/nn/index.js";
import { networks } from "../../src/nn/index.js";
import { mean } from "../../src/statistics/mean.js";
import { liveTensors } from "../../src/torch/index.js";
import { balance, bytes, choices, unevenNetwork } from "./networks.js";
import { hasOnnxRuntime } from "./onnx-runtime.js";

const before = liveTensors();
afterAll(() => expect(liveTensors()).toBe(before));

async function answer(graph: OnnxGraph, image: Uint8Array, channels: number, sides: readonly number[]) {
  const file = Buffer.concat(encodeModel(graph));
  const session = await ModelSession.open(file, "model.onnx", 1);
  const said = await session.ask(image, channels, sides);
  await session.close();
  return { ...said, bytes: file.length };
}

async function inBothWays(choice: NetworkChoice, sides: readonly number[], testTimeFlips = false) {
  const channels = sides.length === 2 ? 3 : 1;
  const network = unevenNetwork(choice, channels, 3);
  const image = bytes(channels * sides.reduce((a, b) => a * b, 1), 1);
  balance(network, image, channels, sides);
  const options = { channels, sides, classes: 3, kind: "softmax", normalisation: planar8bit, testTimeFlips } as const;
  const graph = graphOf(network, options);
  network.dispose();
  const quantisation = new Quantisation(graph);
  const finder = await RangeFinder.open(quantisation.whole, quantisation.values, "model.onnx");
  await finder.see(image, channels, sides);
  await finder.close();
  const quantised = quantisation.quantised(finder.ranges);
  const whole = await answer(graph, image, channels, sides);
  return { quantised, whole, coarse: await answer(quantised, image, channels, sides) };
}

/** How many convolutions of a graph take values of 8 bits. */
function coarseConvolutions({ nodes }: OnnxGraph): { coarse: number; all: number } {
  const convolutions = nodes.filter(({ operator }) => /^Conv(Transpose)?$/.test(operator));
  const coarse = convolutions.filter(({ inputs }) => inputs.every((value) => value.endsWith("_coarse")));
  return { coarse: coarse.length, all: convolutions.length };
}

/** How far probabilities differ, as a share of what they differ by among themselves. */
function relativeError(said: Float32Array, expected: Float32Array): number {
  const classes = 3;
  const count = expected.length / classes;
  let [error, spread] = [0, 0];
  for (let k = 0; k < classes; k++) {
    const own = expected.subarray(k * count, (k + 1) * count);
    const centre = mean(own);
    own.forEach((value, i) => {
      error += (said[k * count + i] - value) ** 2;
      spread += (value - centre) ** 2;
    });
  }
  return Math.sqrt(error / spread);
}

describe.skipIf(!hasOnnxRuntime).each(choices)("$name $norm in 8 bits", (choice) => {
  it.each([
    ["", (stride: number) => 2 * stride],
    // Networks pad such sides, or resize.
    [" of odd sides", (stride: number, axis: number) => stride + 1 + axis],
  ])("says nearly the same%s", async (_, sideOf) => {
    const { quantised, whole, coarse } = await inBothWays(choice, networks[choice.name].strides.map(sideOf));
    const error = relativeError(coarse.probabilities, whole.probabilities);
    expect(error).toBeGreaterThan(1e-4);
    expect(error).toBeLessThan(0.3);
    expect(coarse.bytes / whole.bytes).toBeLessThan(0.35);
    const convolutions = coarseConvolutions(quantised);
    expect(convolutions).toEqual({ all: convolutions.all, coarse: convolutions.all - 2 });
  });
});

it.skipIf(!hasOnnxRuntime)("averages over mirror images, whose weights are the same", async () => {
  const choice = { name: "unet", width: 4 } as const;
  const once = await inBothWays(choice, [32, 32]);
  const mirrored = await inBothWays(choice, [32, 32], true);
  expect(relativeError(mirrored.coarse.probabilities, mirrored.whole.probabilities)).toBeLessThan(0.3);
  expect(mirrored.coarse.bytes).toBeLessThan(1.7 * once.coarse.bytes);
});

describe("a graph of three convolutions", () => {
  const sides = [2, 2];
  const constant = (name: string, shape: number[], values: number[]) => constantOf(name, "float32", shape, values);
  const convolution = (input: string, weights: string, output: string): GraphNode => ({
    ...{ operator: "Conv", inputs: [input, weights, "bias"], output },
    attributes: { kernel_shape: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0] },
  });
  const graph: OnnxGraph = {
    inputs: [{ name: "image", type: "float32", shape: ["batch", 1, ...sides] }],
    outputs: [{ name: "probabilities", type: "float32", shape: ["batch", 1, ...sides] }],
    nodes: [
      convolution("image", "first", "a"),
      convolution("a", "second", "b"),
      {
        ...{ operator: "BatchNormalization", inputs: ["b", "scale", "shift", "mean", "variance"], output: "c" },
        attributes: { epsilon: { float: 0.25 } },
      },
      { operator: "Relu", inputs: ["c"], output: "d", attributes: {} },
      convolution("d", "third", "probabilities"),
    ],
    constants: [
      constant("first", [1, 1, 1, 1], [1]),
      constant("second", [1, 1, 1, 1], [3]),
      constant("third", [1, 1, 1, 1], [1]),
      constant("bias", [1], [1]),
      constant("scale", [1], [4]),
      constant("shift", [1], [5]),
      constant("mean", [1], [2]),
      constant("variance", [1], [3.75]),
    ],
  };
  const quantisation = new Quantisation(graph);
  const numbers = ({ constants }: OnnxGraph, name: string) => {
    const found = constants.find((one) => one.name === name);
    return found && [...numbersOf(found)];
  };

  it("has its norm in the weights before it", () => {
    // 4 / sqrt(3.75 + 0.25) = 2: weights 3 * 2, bias (1 - 2) * 2 + 5.
    expect(quantisation.whole.nodes.map(({ operator }) => operator)).toEqual(["Conv", "Conv", "Relu", "Conv"]);
    expect(numbers(quantisation.whole, "second_folded")).toEqual([6]);
    expect(numbers(quantisation.whole, "second_folded_bias")).toEqual([3]);
    expect(numbers(quantisation.whole, "scale")).toBeUndefined();
  });

  it("has 8 bits between the first and the last alone, with zero among the numbers", () => {
    expect([...quantisation.values].sort()).toEqual(["a", "d"]);
    const ranges = new Map<string, ValueRange>([
      ["a", [-51, 204]],
      ["d", [0, 0]],
    ]);
    const { nodes, constants } = quantisation.quantised(ranges);
    const data = (name: string) => constants.find((one) => one.name === name)?.data;
    expect(nodes.map(({ operator }) => operator).join(" ")).toBe(
      "Conv QuantizeLinear DequantizeLinear DequantizeLinear DequantizeLinear Conv Relu QuantizeLinear DequantizeLinear Conv",
    );
    expect(numbers({ ...graph, constants }, "a_scale")).toEqual([1]);
    expect(data("a_zero")).toEqual(Uint8Array.of(51));
    expect(numbers({ ...graph, constants }, "d_scale")).toEqual([1]);
    expect(data("second_folded_int8")).toEqual(Uint8Array.of(64));
    expect(numbers({ ...graph, constants }, "second_folded_scale")).toEqual([Math.fround(6 / 64)]);
    expect(data("second_folded_bias_of_a_int32")).toEqual(new Uint8Array(Int32Array.of(32).buffer));
  });
});
