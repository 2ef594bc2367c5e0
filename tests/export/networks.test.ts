/** Every network as an ONNX file: ONNX Runtime says what libtorch says. */
import { afterAll, describe, expect, it } from "vitest";
import { planar8bit } from "../../src/augment/index.js";
import type { TargetKind } from "../../src/core/target-kind.js";
import { exportNetwork } from "../../src/export/onnx/export-network.js";
import { ModelSession } from "../../src/export/onnx/runtime.js";
import { labelMaps, predict } from "../../src/inference/predict.js";
import { type NetworkChoice, networks } from "../../src/nn/index.js";
import { fromTypedArray, liveTensors, scope } from "../../src/torch/index.js";
import { balance, bytes, choices, unevenNetwork } from "./networks.js";
import { hasOnnxRuntime } from "./onnx-runtime.js";

const before = liveTensors();
afterAll(() => expect(liveTensors()).toBe(before));

async function expectEqual(choice: NetworkChoice, kind: TargetKind, sides: readonly number[], testTimeFlips = false) {
  const [channels, classes] = [sides.length === 2 ? 3 : 1, 3];
  const network = unevenNetwork(choice, channels, classes);
  const options = { channels, sides, classes, kind, normalisation: planar8bit, testTimeFlips, metadata: {} };
  const image = bytes(channels * sides.reduce((a, b) => a * b, 1), 1);
  balance(network, image, channels, sides);
  const file = Buffer.concat(exportNetwork(network, options));
  expect(network.training).toBe(true);
  const session = await ModelSession.open(file, "model.onnx", 1);
  const said = await session.ask(image, channels, sides);
  await session.close();
  const own = scope(() => {
    const raw = fromTypedArray(image, [1, channels, ...sides]);
    const { probabilities } = predict(network, raw, {
      kind,
      device: "cpu",
      precision: "fp32",
      normalisation: planar8bit,
      testTimeFlips,
    });
    return { probabilities: probabilities.toTypedArray(), labels: labelMaps(probabilities, kind)[0] };
  });
  network.dispose();
  expect(said.probabilities.length).toBe(own.probabilities.length);
  let worst = 0;
  said.probabilities.forEach((value, i) => {
    worst = Math.max(worst, Math.abs(value - Number(own.probabilities[i])));
  });
  expect(worst).toBeLessThan(1e-4);
  expect(new Set(said.labels).size).toBeGreaterThan(1);
  const other = said.labels.filter((value, i) => value !== own.labels[i]).length;
  expect(other).toBeLessThanOrEqual(said.labels.length / 10_000);
  return { said, file };
}

describe.skipIf(!hasOnnxRuntime).each(choices)("$name $norm", (choice) => {
  const { strides } = networks[choice.name];

  it("says in ONNX Runtime what it says in libtorch", async () => {
    await expectEqual(
      choice,
      "softmax",
      strides.map((stride, axis) => (axis === 0 ? 3 : 2) * stride),
    );
    // Sides that are halved with a rest make networks pad, or resize by other factors than two.
    await expectEqual(
      choice,
      "sigmoid",
      strides.map((stride, axis) => 2 * stride + 1 + axis),
    );
  });
});

it.skipIf(!hasOnnxRuntime)("averages over mirror images inside of the graph", async () => {
  const { said: once } = await expectEqual({ name: "unet", width: 4 }, "softmax", [16, 16]);
  const { said: mirrored } = await expectEqual({ name: "unet", width: 4 }, "softmax", [16, 16], true);
  expect([...mirrored.probabilities]).not.toEqual([...once.probabilities]);
  await expectEqual({ name: "vnet", width: 4 }, "sigmoid", [16, 16, 16], true);
});

it.skipIf(!hasOnnxRuntime)("keeps weights in half the bytes, and says nearly the same", async () => {
  const sides = [32, 32];
  const network = unevenNetwork({ name: "unet", width: 16 }, 3, 2);
  const options = { channels: 3, sides, classes: 2, normalisation: planar8bit, testTimeFlips: false };
  const image = bytes(3 * 32 * 32, 1);
  const [whole, half] = await Promise.all(
    (["fp32", "fp16"] as const).map(async (weights) => {
      const file = Buffer.concat(exportNetwork(network, { ...options, kind: "sigmoid", weights, metadata: {} }));
      const session = await ModelSession.open(file, "model.onnx", 1);
      const { probabilities } = await session.ask(image, 3, sides);
      await session.close();
      return { bytes: file.length, probabilities };
    }),
  );
  network.dispose();
  expect(half.bytes / whole.bytes).toBeLessThan(0.51);
  const worst = half.probabilities.reduce((most, p, i) => Math.max(most, Math.abs(p - whole.probabilities[i])), 0);
  expect(worst).toBeGreaterThan(0);
  expect(worst).toBeLessThan(0.01);
});

it.skipIf(!hasOnnxRuntime)("takes any number of images at once", async () => {
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const sides = [16, 32, 32];
  for (const choice of choices.filter(({ name, norm }) => norm === "group" || name === "unet-3d")) {
    const { said, file } = await expectEqual(choice, "softmax", sides);
    const image = bytes(16 * 32 * 32, 1);
    const twice = Uint8Array.from([...image.slice().reverse(), ...image]);
    const session = await InferenceSession.create(file);
    const { probabilities } = await session.run({ image: new Tensor("uint8", twice, [2, 1, ...sides]) });
    const second = (probabilities.data as Float32Array).slice(said.probabilities.length);
    const worst = second.reduce((most, value, i) => Math.max(most, Math.abs(value - said.probabilities[i])), 0);
    expect(worst).toBeLessThan(1e-5);
    await session.release();
  }
});

it.each(["unet", "unet-3d"] as const)("the file of %s does not tell which kernels ran", (name) => {
  // Other layouts are other kernels: of pooling, normalisation and convolution.
  const network = unevenNetwork({ name, width: 2 }, 1, 2);
  const sides = networks[name].strides;
  const options = { channels: 1, sides, classes: 2, kind: "softmax", normalisation: planar8bit } as const;
  const files = (["contiguous", "channelsLast"] as const).map((memoryFormat) => {
    network.to({ memoryFormat });
    return Buffer.concat(exportNetwork(network, { ...options, testTimeFlips: false, metadata: {} }));
  });
  network.dispose();
  expect(files[1].equals(files[0])).toBe(true);
});

it("names the operator of a network that has no ONNX form", () => {
  const network = unevenNetwork({ name: "unet", width: 2 }, 1, 2);
  const forward = network.forward.bind(network);
  network.forward = (images) => scope(() => forward(images).tanh());
  const options = { channels: 1, sides: [16, 16], classes: 2, kind: "softmax" as const, normalisation: planar8bit };
  expect(() => exportNetwork(network, { ...options, testTimeFlips: false, metadata: {} })).toThrow(
    "aten::tanh has no ONNX form here; add it to src/export/onnx/operators.ts",
  );
  network.dispose();
});
