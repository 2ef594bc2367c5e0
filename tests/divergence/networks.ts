/** Two small U-Nets, images and labels for the tests of the estimators. */
import { afterAll, beforeAll } from "vitest";
import { type DomainInput, type EstimatorId, estimatorIds } from "../../src/divergence/index.js";
import { type NetworkOptions, UNet } from "../../src/nn/index.js";
import { Generator, grad, rand, randn, scope, setThreads, type Tensor } from "../../src/torch/index.js";
import { checkForLeaks } from "./support.js";

/** Those that compare the images of two domains; `restyled` compares labels with predictions, and has tests of its own. */
export const comparingImages = estimatorIds.filter((id): id is Exclude<EstimatorId, "restyled"> => id !== "restyled");

export let networks: Record<"sigmoid" | "softmax", UNet>;

/** Makes {@link networks} for a test file, on one thread, and checks each of its tests for leaks. */
export function withNetworks(): void {
  beforeAll(() => {
    // On tensors this small a second thread costs more than it does.
    setThreads(1);
    const make = (options: Omit<NetworkOptions, "width" | "generator">) =>
      scope(() => {
        using generator = new Generator(3);
        return new UNet({ ...options, width: 4, generator });
      });
    networks = {
      sigmoid: make({ inChannels: 3, outChannels: 2 }),
      softmax: make({ inChannels: 3, outChannels: 4 }),
    };
  });
  afterAll(() => {
    networks.sigmoid.dispose();
    networks.softmax.dispose();
  });
  checkForLeaks();
}

/** Smooth random images [count, 3, 32, 32]; `camera` changes gain and offset, as another scanner would. */
export function images(seed: number, count: number, camera = { gain: 1, offset: 0 }): Tensor {
  using generator = new Generator(seed);
  const coarse = randn([count, 3, 8, 8], { generator });
  return coarse.upsampleBilinear2d([32, 32], false, null).mul(camera.gain).add(camera.offset);
}

/** Labels, pseudo-labels and full confidence for any images of that number. */
export function labels(kind: "sigmoid" | "softmax", count: number): NonNullable<DomainInput["labels"]> {
  using generator = new Generator(5);
  const draw = rand([count, kind === "sigmoid" ? 2 : 1, 32, 32], { generator });
  const source = kind === "sigmoid" ? draw.gt(0.5).to({ dtype: "float32" }) : draw.mul(4).floor().squeeze(1);
  const of = kind === "sigmoid" ? source : source.to({ dtype: "int64" });
  return { source: of, target: of, targetConfidence: draw.ge(0).to({ dtype: "float32" }) };
}

export function gradientNorm(d: Tensor, network: UNet): number {
  const gradients = grad(d, network.parameters(), { allowUnused: true });
  return Math.hypot(...gradients.map((gradient) => gradient.vectorNorm().item()));
}

export function input(kind: "sigmoid" | "softmax", source: Tensor, target: Tensor): DomainInput {
  const network = networks[kind];
  const passes = (x: Tensor) => {
    const levels = network.encode(x);
    return { ...network.decode(levels), bottleneck: levels[levels.length - 1] };
  };
  const shared = { source: passes(source), target: passes(target) };
  return { network, source, target, shared, labels: labels(kind, source.shape[0]) };
}
