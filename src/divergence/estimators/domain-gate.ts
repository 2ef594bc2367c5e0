/**
 * Whether a divergence may act: only while a permutation test on the bank says that the domains differ, so that its term
 * can be found to be idle. It tests the images seen: with few labelled ones their own mean may differ from that of all.
 */
import { RandomStream } from "../../core/random.js";
import { cat, scope, stack, type Tensor, tensor } from "../../torch/index.js";
import type { GateOptions } from "./domain-divergence.js";
import type { Pair } from "./forward.js";
import { type Banked, type Statistic, type StatisticBank, weightedMean } from "./statistic-bank.js";

/** Relabellings of a test; with the one at hand the smallest p-value is 1/200. */
const permutations = 199;

/**
 * The share of relabellings of the batches, the one at hand included, whose divergence is at least as large.
 * @param counts batches of the source and of the target
 * @param divergence D between two choices of batches, those of the source first; a scalar
 */
export function permutationP(
  counts: readonly [number, number],
  divergence: (source: readonly number[], target: readonly number[]) => Tensor,
  stream: RandomStream,
): number {
  const all = Array.from({ length: counts[0] + counts[1] }, (_, i) => i);
  const ofOrder = (order: readonly number[]) => divergence(order.slice(0, counts[0]), order.slice(counts[0]));
  const values = scope(() => [
    ...stack(
      [all, ...Array.from({ length: permutations }, () => [...stream.permutation(all.length)])].map(ofOrder),
    ).toNumbers(),
  ]);
  return values.filter((value) => value >= values[0]).length / values.length;
}

/** Chosen batches of what a bank holds of both domains, by their numbers, described as one. */
function described(all: Banked, rows: readonly number[]): { values: Tensor; present: Tensor } {
  const index = tensor(rows, { dtype: "int64", device: all.values.device });
  const chosen = { values: all.values.indexSelect(0, index), weights: all.weights.indexSelect(0, index) };
  // A row of a statistic counts as a whole or not at all.
  const counted = chosen.weights.sum(0).gt(0).to({ dtype: all.values.dtype });
  return { values: weightedMean(chosen), present: counted.reshape([counted.shape[0], -1]).narrow(1, 0, 1) };
}

/** What a step of the gate looks at. */
export interface GateStep {
  bank: StatisticBank;
  /** The statistics of the present batch, which the bank has taken in. */
  statistics: readonly Statistic[];
  /** Images of the present batch. */
  images: Pair<number>;
  compare(statistics: readonly Statistic[]): Tensor;
}

export class DomainGate {
  private steps = 0;
  private next = 0;
  private isOpen = false;

  constructor(
    private readonly options: GateOptions,
    private readonly seed: number,
  ) {}

  /** Closed until a first test has found a difference. */
  get open(): boolean {
    return this.isOpen;
  }

  /** Counts a step, and tests where it is time and the bank is full. */
  step({ bank, statistics, images, compare }: GateStep): void {
    this.steps++;
    if (this.steps < this.next) return;
    const pairs = statistics.map(({ name, values }) => ({
      name,
      source: bank.get(`source.${name}`, values.source) as Banked,
      target: bank.get(`target.${name}`, values.target) as Banked,
    }));
    const counts = { source: pairs[0].source.values.shape[0], target: pairs[0].target.values.shape[0] };
    if (counts.source < bank.capacity(images.source) || counts.target < bank.capacity(images.target)) return;
    const all = pairs.map(({ name, source, target }) => ({
      name,
      banked: { values: cat([source.values, target.values]), weights: cat([source.weights, target.weights]) },
    }));
    const between = (p: readonly number[], q: readonly number[]) =>
      compare(
        all.map(({ name, banked }) => {
          const [source, target] = [described(banked, p), described(banked, q)];
          return {
            name,
            values: { source: source.values, target: target.values },
            present: { source: source.present, target: target.present },
          };
        }),
      );
    const stream = new RandomStream(this.seed, "divergence.gate", this.steps);
    this.isOpen = permutationP([counts.source, counts.target], between, stream) <= this.options.level;
    this.next = this.steps + this.options.every;
  }

  /** Steps so far, the step of the next test, and 1 while open: float64 [3], the caller's. */
  state(): Tensor {
    return tensor([this.steps, this.next, Number(this.isOpen)], { dtype: "float64" });
  }

  load(state: Tensor | undefined): void {
    const [steps, next, open] = state ? [...state.toNumbers()] : [0, 0, 0];
    [this.steps, this.next, this.isOpen] = [steps, next, open === 1];
  }
}
