/** Networks to export, of every kind there is, and an image for them. */
import { planar8bit } from "../../src/augment/index.js";
import { predict } from "../../src/inference/predict.js";
import { createNetwork, type NetworkChoice, networkNames, type SegmentationNetwork } from "../../src/nn/index.js";
import { fromTypedArray, Generator, noGrad, randn, scope } from "../../src/torch/index.js";

/** Settings that change which operators a network is made of, beside the default ones. */
const variants: Partial<Record<string, object[]>> = {
  "unet-residual": [{ norm: "batch" }],
  "unet-3d": [{ norm: "batch" }],
  vnet: [{ norm: "instance", residual: true }, { norm: "group" }],
  "unet-residual-3d": [{ norm: "batch" }],
};

export const choices: NetworkChoice[] = networkNames.flatMap((name) =>
  [{}, ...(variants[name] ?? [])].map((settings) => ({ name, width: 4, ...settings })),
);

/** Weights and statistics that are all uneven, so that every operator matters. */
export function unevenNetwork(choice: NetworkChoice, channels: number, classes: number): SegmentationNetwork {
  const generator = new Generator(3);
  const network = createNetwork(choice, { inChannels: channels, outChannels: classes, generator });
  noGrad(() =>
    scope(() => {
      for (const [name, tensor] of network.stateDict()) {
        const noise = randn(tensor.shape, { generator });
        if (name.endsWith("running_var")) tensor.copy_(noise.abs().add(0.5));
        else if (tensor.ndim === 1) tensor.add_(noise.mul(0.3));
      }
    }),
  );
  generator.dispose();
  return network;
}

/** Sets the last bias so that each class is as likely as the others, whatever the weights. */
export function balance(
  network: SegmentationNetwork,
  image: Uint8Array,
  channels: number,
  sides: readonly number[],
): void {
  scope(() =>
    noGrad(() => {
      const raw = fromTypedArray(image, [1, channels, ...sides]);
      const { logits } = predict(network, raw, {
        kind: "softmax",
        device: "cpu",
        precision: "fp32",
        normalisation: planar8bit,
      });
      const bias = network.parameters().at(-1);
      bias?.sub_(logits.flatten(2, -1).mean([0, 2]));
    }),
  );
}

export function bytes(count: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => ((i * 7919 + seed * 104729) ^ (i >> 3)) % 256);
}
