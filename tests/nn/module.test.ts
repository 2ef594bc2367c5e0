/** What every module can do: its state by name, loading all of it or nothing, moving in place, modes, disposal. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect } from "vitest";
import { CheckpointError } from "../../src/core/errors.js";
import { BatchNorm2d, Conv2d, ReLU, Sequential, UNet, withFrozenRunningStatistics } from "../../src/nn/index.js";
import * as torch from "../../src/torch/index.js";
import { Generator, loadTensors, noGrad, serializeTensors, type Tensor, tensor } from "../../src/torch/index.js";
import { numbers, tensorTest } from "../support/tensors.js";
import { disturb, expectFingerprint, expectUnchanged, snapshot, wave } from "./networks.js";

const folder = mkdtempSync(join(tmpdir(), "dimseg-module-"));
afterAll(() => rmSync(folder, { recursive: true }));

function unet(seed = 3): UNet {
  using generator = new Generator(seed);
  return new UNet({ inChannels: 3, outChannels: 2, width: 2, generator });
}

const small = () => new Sequential(new Conv2d(1, 2, 3, { padding: 1 }), new BatchNorm2d(2), new ReLU());

describe("state", () => {
  tensorTest("has PyTorch's dotted names, weights before statistics, parents before children", () => {
    const module = small();
    expect([...module.stateDict()].map(([name, { shape }]) => [name, shape])).toEqual([
      ["0.weight", [2, 1, 3, 3]],
      ["0.bias", [2]],
      ["1.weight", [2]],
      ["1.bias", [2]],
      ["1.running_mean", [2]],
      ["1.running_var", [2]],
    ]);
    expect(module.namedModules().map(([name]) => name)).toEqual(["", "0", "1", "2"]);
    module.dispose();
  });

  tensorTest("passes to another network, which then answers alike", () => {
    const [from, to] = [unet(3), unet(4)];
    disturb(from);
    to.loadStateDict(from.stateDict());
    expect(snapshot(to)).toEqual(snapshot(from));
    const answer = (network: UNet) => noGrad(() => numbers(network.eval().forward(wave([1, 3, 16, 16]))));
    expect(answer(to)).toEqual(answer(from));
    for (const network of [from, to]) network.dispose();
  });

  tensorTest("is copied: later changes of the source are not seen", () => {
    const [from, to] = [unet(3), unet(4)];
    to.loadStateDict(from.stateDict());
    const before = snapshot(to);
    disturb(from);
    expectUnchanged(to, before);
    for (const network of [from, to]) network.dispose();
  });

  tensorTest("passes through a safetensors file that PyTorch reads", () => {
    const network = unet();
    noGrad(() => network.forward(wave([2, 3, 32, 32])));
    disturb(network);
    const path = join(folder, "unet.safetensors");
    writeFileSync(path, Buffer.concat(serializeTensors(network.stateDict())));
    const other = unet(4);
    other.loadStateDict(loadTensors(path));
    // What PyTorch 2.13.0 answered with its own U-Net and this file.
    expectFingerprint(
      noGrad(() => other.eval().forward(wave([1, 3, 32, 32]))),
      { first: [-0.10614926, -0.10614926, -0.10614926, -0.10614926, -0.10619623], energy: 392.115068 },
    );
    for (const each of [network, other]) each.dispose();
  });
});

describe("loadStateDict", () => {
  const broken: [string, (state: Map<string, Tensor>) => unknown, RegExp][] = [
    ["a missing tensor", (state) => state.delete("outc.conv.bias"), /no tensor "outc\.conv\.bias"/],
    ["an unknown tensor", (state) => state.set("head.weight", tensor([1])), /network has no tensor "head\.weight"/],
    [
      "another shape",
      (state) => state.set("outc.conv.weight", torch.ones([4, 2, 1, 1])),
      /"outc\.conv\.weight" has shape \[4,2,1,1\] but the network expects \[2,2,1,1\]/,
    ],
    [
      "another order of axes",
      (state) => state.set("outc.conv.weight", torch.ones([2, 1, 2, 1])),
      /has shape \[2,1,2,1\]/,
    ],
    ["no tensors at all", (state) => state.clear(), /no tensor "inc\.double_conv\.0\.weight"/],
  ];
  for (const [what, change, message] of broken) {
    tensorTest(`refuses ${what} and copies nothing`, () => {
      const [network, source] = [unet(3), unet(4)];
      const before = snapshot(network);
      const state = new Map(source.stateDict());
      change(state);
      expect(() => network.loadStateDict(state)).toThrow(CheckpointError);
      expect(() => network.loadStateDict(state)).toThrow(message);
      expectUnchanged(network, before);
      for (const each of [network, source]) each.dispose();
    });
  }

  tensorTest("accepts the counters that PyTorch stores beside the statistics", () => {
    const [network, source] = [unet(3), unet(4)];
    const state = new Map(source.stateDict());
    state.set("inc.double_conv.1.num_batches_tracked", tensor(7, { dtype: "int64" }));
    network.loadStateDict(state);
    expect(snapshot(network)).toEqual(snapshot(source));
    for (const each of [network, source]) each.dispose();
  });

  tensorTest("keeps the objects, their dtype and that they are trained", () => {
    const network = unet();
    const weight = network.stateDict().get("outc.conv.weight")!;
    const state = new Map(
      [...network.stateDict()].map(([name, x]) => [name, x.detach().to({ dtype: "float64" }).add(1)]),
    );
    const want = numbers(state.get("outc.conv.weight")!);
    network.loadStateDict(state);
    expect(network.stateDict().get("outc.conv.weight")).toBe(weight);
    expect([weight.dtype, weight.requiresGrad, numbers(weight)]).toEqual(["float32", true, want.map(Math.fround)]);
    network.dispose();
  });
});

describe("to", () => {
  tensorTest("channelsLast keeps every object, value and answer", () => {
    const network = unet().eval();
    const before = snapshot(network);
    const objects = [...network.stateDict().values()];
    const images = wave([2, 3, 32, 32]);
    const want = numbers(noGrad(() => network.forward(images)));
    expect(network.to({ memoryFormat: "channelsLast" })).toBe(network);
    expectUnchanged(network, before);
    expect([...network.stateDict().values()].every((x, i) => x === objects[i])).toBe(true);
    for (const [name, x] of network.namedParameters()) {
      expect([name, x.requiresGrad, x.isDisposed]).toEqual([name, true, false]);
      if (x.ndim === 4) expect([name, x.isChannelsLast]).toEqual([name, true]);
    }
    const got = noGrad(() => network.forward(images.contiguous({ memoryFormat: "channelsLast" })));
    expect(got.isChannelsLast).toBe(true);
    numbers(got).forEach((value, i) => void expect(value).toBeCloseTo(want[i], 5));
    network.dispose();
  });

  tensorTest("and back again is where it began", () => {
    const network = unet().eval();
    const want = numbers(noGrad(() => network.forward(wave([1, 3, 16, 16]))));
    network.to({ memoryFormat: "channelsLast" }).to({ memoryFormat: "contiguous" });
    expect(numbers(noGrad(() => network.forward(wave([1, 3, 16, 16]))))).toEqual(want);
    network.dispose();
  });

  tensorTest("leaves the network trainable", () => {
    const network = unet().to({ memoryFormat: "channelsLast" });
    const gradients = torch.grad(
      network
        .forward(wave([2, 3, 16, 16]))
        .square()
        .mean(),
      network.parameters(),
    );
    const norms = gradients.map((gradient) => gradient.vectorNorm().item());
    expect(norms.every((norm) => Number.isFinite(norm))).toBe(true);
    expect(norms[0]).toBeGreaterThan(0);
    network.dispose();
  });
});

describe("modes", () => {
  tensorTest("reach every part", () => {
    const network = unet();
    const modes = () => new Set(network.namedModules().map(([, part]) => part.training));
    expect(modes()).toEqual(new Set([true]));
    expect(network.eval()).toBe(network);
    expect(modes()).toEqual(new Set([false]));
    expect(network.train()).toBe(network);
    expect(modes()).toEqual(new Set([true]));
    network.dispose();
  });

  tensorTest("evaluation changes no statistics, training does", () => {
    const network = unet();
    const before = snapshot(network);
    noGrad(() => network.eval().forward(wave([1, 3, 16, 16])));
    expectUnchanged(network, before);
    noGrad(() => network.train().forward(wave([2, 3, 16, 16])));
    expect(snapshot(network)).not.toEqual(before);
    network.dispose();
  });

  tensorTest("frozen statistics: the batch's own in use, the running ones unmoved, also after an exception", () => {
    const network = unet();
    const images = wave([2, 3, 16, 16]);
    const before = snapshot(network);
    const frozen = withFrozenRunningStatistics(network, () => noGrad(() => numbers(network.forward(images))));
    expectUnchanged(network, before);
    expect(() =>
      withFrozenRunningStatistics(network, () => {
        throw new RangeError("mine");
      }),
    ).toThrow(RangeError);
    expect(numbers(noGrad(() => network.forward(images)))).toEqual(frozen);
    expect(snapshot(network)).not.toEqual(before);
    network.dispose();
  });

  tensorTest("frozen statistics keep what was frozen before, layer by layer", () => {
    const network = unet();
    const [first, second] = network.namedModules().flatMap(([, part]) => (part instanceof BatchNorm2d ? [part] : []));
    first.updateRunningStatistics = false;
    withFrozenRunningStatistics(network, () => withFrozenRunningStatistics(network, () => {}));
    expect([first.updateRunningStatistics, second.updateRunningStatistics]).toEqual([false, true]);
    network.dispose();
  });
});

tensorTest("dispose frees all tensors at once, and using them then is refused", () => {
  const before = torch.liveTensors();
  const network = unet();
  expect(torch.liveTensors()).toBe(before + network.stateDict().size);
  network.dispose();
  expect(torch.liveTensors()).toBe(before);
  expect(() => network.forward(torch.ones([1, 3, 16, 16]))).toThrow(torch.DisposedError);
});
