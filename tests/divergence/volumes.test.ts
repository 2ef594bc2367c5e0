/** Every estimator on volumes: finite, descendable, and on one slice what it is on its image. */
import { describe, expect, it } from "vitest";
import {
  type DivergenceId,
  type DomainInput,
  divergence,
  domainDivergence,
  type ViewOutput,
} from "../../src/divergence/index.js";
import { Generator, grad, noGrad, rand, randn, scope, setThreads, type Tensor } from "../../src/torch/index.js";
import { channelsOf, type Kind, kinds, makeVolumes, VolumeNetwork } from "../support/volume-network.js";
import { comparingImages } from "./networks.js";
import { checkForLeaks } from "./support.js";

setThreads(1);
checkForLeaks();

const families: DivergenceId[] = ["js", "kl", "h2"];
const cases = comparingImages.flatMap((id) => kinds.flatMap((kind) => families.map((f) => [id, kind, f] as const)));

/** Labels and images of two domains that differ in brightness. */
function inputOf(kind: Kind, network: VolumeNetwork): DomainInput {
  const [source, target] = [makeVolumes(kind, 1), makeVolumes(kind, 2)];
  const confident = source.labels.ge(0).to({ dtype: "float32" });
  return {
    network,
    source: source.images.div(127.5).sub(1),
    target: target.images.div(300),
    labels: {
      source: source.labels,
      target: target.labels,
      targetConfidence: kind === "sigmoid" ? confident : confident.unsqueeze(1),
    },
  };
}

describe.each(cases)("%s, %s, %s", (id, kind, f) => {
  it("compares volumes, and leaves running statistics alone", () => {
    scope(() => {
      const network = new VolumeNetwork(kind, 3);
      const buffers = () => network.namedBuffers().map(([, buffer]) => [...buffer.toNumbers()]);
      const before = buffers();
      const choice = id === "critic" ? { name: id, warmUp: 0, rate: 0.1 } : id;
      for (const forward of ["joint", "evalBN"] as const) {
        const estimator = domainDivergence(choice, { divergence: divergence(f), kind, forward });
        estimator.evaluate(inputOf(kind, network));
        const d = estimator.evaluate(inputOf(kind, network));
        const norms = grad(d, network.parameters(), { allowUnused: true }).map((one) => one.vectorNorm().item());
        expect(d.item()).toBeGreaterThan(0);
        expect(Number.isFinite(d.item())).toBe(true);
        expect(Math.hypot(...norms)).toBeGreaterThan(0);
        expect(Math.hypot(...norms)).toBeLessThan(Number.POSITIVE_INFINITY);
        estimator.dispose();
      }
      expect(buffers()).toEqual(before);
      network.dispose();
    });
  });
});

describe.each(comparingImages)("%s", (id) => {
  it.each(kinds)("%s: of one slice has the bits of its image", (kind) => {
    scope(() =>
      noGrad(() => {
        using generator = new Generator(4);
        const network = new VolumeNetwork(kind, 3);
        const view = (): Required<ViewOutput> => ({
          logits: randn([2, channelsOf(kind), 8, 6], { generator }),
          bottleneck: randn([2, 16, 4, 3], { generator }),
          feature: randn([2, 4, 8, 6], { generator }),
        });
        const labelled = () => {
          const drawn = rand(kind === "sigmoid" ? [2, 2, 8, 6] : [2, 8, 6], { generator });
          return kind === "sigmoid"
            ? drawn.gt(0.5).to({ dtype: "float32" })
            : drawn.mul(3).floor().to({ dtype: "int64" });
        };
        const [source, target, ofSource, ofTarget] = [view(), view(), labelled(), labelled()];
        const targetConfidence = rand([2, kind === "sigmoid" ? 2 : 1, 8, 6], { generator }).gt(0.2);
        const evaluate = (deep: (map: Tensor) => Tensor) => {
          const all = (output: Required<ViewOutput>) => ({
            logits: deep(output.logits),
            bottleneck: deep(output.bottleneck),
            feature: deep(output.feature),
          });
          const estimator = domainDivergence(id, { divergence: divergence("js"), kind, forward: "shared" });
          const d = estimator.evaluate({
            network,
            source: deep(source.logits),
            target: deep(target.logits),
            shared: { source: all(source), target: all(target) },
            labels: {
              source: deep(ofSource),
              target: deep(ofTarget),
              targetConfidence: deep(targetConfidence),
            },
          });
          estimator.dispose();
          return d.item();
        };
        const ofImages = evaluate((map) => map);
        expect(evaluate((map) => map.unsqueeze(map.ndim - 2))).toBe(ofImages);
        expect(ofImages).toBeGreaterThan(0);
        network.dispose();
      }),
    );
  });
});
