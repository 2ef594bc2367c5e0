/** Which cases make up batch i: a pure function of seed and i, so that resuming needs no loader state. */
import { RandomStream } from "../../core/random.js";

/** Shuffled epochs of batches over `count` cases. */
export class Sampler {
  private readonly batchesPerEpoch: number;
  private epoch = -1;
  private order: Uint32Array = new Uint32Array();

  /**
   * @param purpose names the stream of draws, for example "labelled"
   * @param batchSize an incomplete last batch is dropped, as in the reference; with fewer cases than a batch holds,
   *   cases repeat within it
   */
  constructor(
    private readonly count: number,
    private readonly batchSize: number,
    private readonly seed: number,
    private readonly purpose: string,
  ) {
    this.batchesPerEpoch = Math.max(1, Math.floor(count / batchSize));
  }

  /** Positions of the cases of a 0-based batch. */
  batch(index: number): number[] {
    const epoch = Math.floor(index / this.batchesPerEpoch);
    if (epoch !== this.epoch) {
      this.order = new RandomStream(this.seed, `sampler.${this.purpose}`, epoch).permutation(this.count);
      this.epoch = epoch;
    }
    const first = (index % this.batchesPerEpoch) * this.batchSize;
    return Array.from({ length: this.batchSize }, (_, i) => this.order[(first + i) % this.count]);
  }
}
