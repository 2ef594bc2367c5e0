/**
 * Statistics of batch normalisation with which networks are judged and saved. Those that training gathers are of its own
 * passes: of mixed and strongly changed images, of a domain as often as it has images, and of the last few steps. These are
 * of images as they are, half of them of the labelled domain and half of all domains alike: the mixture (P + Q) / 2.
 */
import { CheckpointError } from "../core/errors.js";
import { imagesBCS } from "../data/case-tensors.js";
import type { DecodedCase } from "../data/decoded-case.js";
import type { Method } from "../methods/index.js";
import { averagingStatistics, runningStatistics, SegmentationNetwork } from "../nn/index.js";
import type { Model } from "../runs/model.js";
import { autocast, KeptTensors, noGrad, scope, type Tensor } from "../torch/index.js";
import type { TrainingDraws } from "./batches/draw-source.js";
import { Sampler } from "./batches/sampler.js";

/** Passes, each of as many images as a step has. */
const passes = 20;

/** What is judged and saved, and what images become on their way there. */
type Judged = Pick<Model, "student" | "config" | "device" | "precision" | "normalisation"> & { method: Method };

/** What stands in place of the statistics that training gathered, for a while. */
export class DomainStatistics {
  /** What training gathered, while other statistics are in its place. */
  private readonly gathered = new KeptTensors();

  constructor(private readonly session: Judged) {}

  /** Puts statistics of all domains in place of those that training gathered; the same ones for the same weights. */
  async settle(draws: TrainingDraws): Promise<void> {
    for (const [name, tensor] of this.places()) this.gathered.set(name, tensor);
    if (this.gathered.isEmpty) return;
    const images = this.inTurn(draws);
    for (let i = 0; i < passes; i++) this.pass(i, await images(i));
  }

  /** Puts back what training gathered, which it goes on with. */
  restore(): void {
    const gathered = this.gathered.state();
    noGrad(() => {
      for (const [name, tensor] of this.places()) tensor.copy_(gathered.get(name) as Tensor);
    });
    this.gathered.dispose();
  }

  /** What training gathered, for a checkpoint; it stays owned by this object. */
  state(): Map<string, Tensor> {
    return this.gathered.isEmpty ? this.places() : this.gathered.state();
  }

  /** Puts the statistics of a checkpoint in place. @throws CheckpointError when some are missing */
  loadState(state: ReadonlyMap<string, Tensor>): void {
    const missing = [...this.places().keys()].find((name) => !state.has(name));
    if (missing)
      throw new CheckpointError(`the checkpoint has no statistics ${missing}; it belongs to another network`);
    this.gathered.load(state);
    this.restore();
  }

  private get networks(): [string, SegmentationNetwork][] {
    const { student, method } = this.session;
    return Object.entries({ ...method.networks, student }).filter(
      (entry): entry is [string, SegmentationNetwork] => entry[1] instanceof SegmentationNetwork,
    );
  }

  /** The running statistics of all networks, by the network's name and their own. */
  private places(): Map<string, Tensor> {
    return new Map(
      this.networks.flatMap(([name, network]) =>
        [...runningStatistics(network)].map(([key, tensor]): [string, Tensor] => [`${name}.${key}`, tensor]),
      ),
    );
  }

  /** The images of each pass: in turn one of the labelled domain and one of all domains, of these one after the other. */
  private inTurn({ domains }: TrainingDraws): (pass: number) => Promise<DecodedCase[]> {
    const { labelledBatch, unlabelledBatch, seed } = this.session.config.training;
    const count = labelledBatch + unlabelledBatch;
    // The first domain is the labelled one.
    const order = domains.flatMap((domain) => [domains[0], domain]);
    const samplers = order.map(({ length }, i) => new Sampler(length, 1, seed, `statistics.${i}`));
    const drawn = (pass: number, first: number) => {
      const index = pass * count + first;
      const which = index % order.length;
      return order[which].get(samplers[which].batch(Math.floor(index / order.length)), { iteration: pass, first });
    };
    return async (pass) => (await Promise.all(Array.from({ length: count }, (_, k) => drawn(pass, k)))).flat();
  }

  private pass(i: number, cases: readonly DecodedCase[]): void {
    const { device, precision, normalisation } = this.session;
    noGrad(() =>
      scope(() => {
        const inputs = normalisation.forward(imagesBCS(cases, device));
        for (const [, network] of this.networks)
          averagingStatistics(network, i, () =>
            autocast(precision, device, () => scope(() => void network.forward(inputs))),
          );
      }),
    );
  }
}
