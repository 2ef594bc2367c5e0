/** BatchNorm across a network: batches that pass together, each with statistics of its own. */
import { describe, expect, it } from "vitest";
import { UNet, withFrozenRunningStatistics, withSeparateStatistics } from "../../src/nn/index.js";
import { cat, Generator, grad, noGrad, randn, scope, type Tensor } from "../../src/torch/index.js";
import { expectRelative, numbers } from "../support/tensors.js";

const sizes = [2, 3, 2];

/** A small U-Net and batches of {@link sizes} images that differ in brightness and contrast. */
function setUp(memoryFormat: "contiguous" | "channelsLast") {
  using generator = new Generator(3);
  const network = new UNet({ inChannels: 2, outChannels: 2, width: 4, generator }).to({ memoryFormat });
  const batches = sizes.map((count, i) =>
    scope(() =>
      noGrad(() =>
        randn([count, 2, 32, 32], { generator })
          .mul(i + 1)
          .add(i),
      ).to({ memoryFormat }),
    ),
  );
  return { network, batches };
}

/** Scores, the gradient of their mean cube (a mean square is blind after BatchNorm), and all buffers afterwards. */
function observe(network: UNet, forward: () => Tensor[]) {
  const logits = forward();
  const loss = logits.map((own) => own.pow(3).mean()).reduce((sum, own) => sum.add(own));
  return {
    logits: logits.flatMap(numbers),
    gradient: grad(loss, network.parameters()).flatMap(numbers),
    buffers: network.namedBuffers().flatMap(([, buffer]) => numbers(buffer)),
  };
}

describe("withSeparateStatistics", () => {
  it.each(["contiguous", "channelsLast"] as const)("does what a pass over each batch would (%s)", (memoryFormat) => {
    const apart = scope(() => {
      const { network, batches } = setUp(memoryFormat);
      return observe(network, () => batches.map((batch) => network.forward(batch)));
    });
    const together = scope(() => {
      const { network, batches } = setUp(memoryFormat);
      return observe(network, () =>
        withSeparateStatistics(network, sizes, () => network.forward(cat(batches))).split(sizes),
      );
    });
    for (const [name, want] of Object.entries(apart)) {
      const got = together[name as keyof typeof apart];
      const scale = Math.max(...want.map(Math.abs));
      expect(got).toHaveLength(want.length);
      const worst = Math.max(...got.map((value, i) => Math.abs(value - want[i])));
      expect({ name, close: worst <= 1e-4 * scale }).toEqual({ name, close: true });
    }
  });

  it("leaves no trace, and heeds frozen running statistics", () => {
    scope(() => {
      const { network, batches } = setUp("contiguous");
      const before = network.namedBuffers().flatMap(([, buffer]) => numbers(buffer));
      withFrozenRunningStatistics(network, () =>
        withSeparateStatistics(network, sizes, () => network.forward(cat(batches))),
      );
      expect(network.namedBuffers().flatMap(([, buffer]) => numbers(buffer))).toEqual(before);
      const alone = network.forward(batches[0]);
      const again = withSeparateStatistics(network, [sizes[0]], () => network.forward(batches[0]));
      expectRelative(again, numbers(alone));
    });
  });
});
