/**
 * Counter-based random numbers: a draw is a pure function of its key, so that resuming, reordering or adding
 * workers never changes it. The generator is Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011).
 */

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High 32 bits of the product of two unsigned 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** One Philox4x32-10 block: four unsigned 32-bit integers from a 128-bit counter and a 64-bit key. */
export function philox(counter: readonly [number, number, number, number], key: readonly [number, number]): number[] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0 >>> 0);
    const low0 = Math.imul(M0, c0) >>> 0;
    const high1 = mulHigh(M1, c2 >>> 0);
    const low1 = Math.imul(M1, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** FNV-1a hash of a purpose name, so that streams are named rather than numbered. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The Philox key of the streams of a seed and purpose, for programs that draw a whole tensor at once. */
export function streamKey(seed: number, purpose: string): [number, number] {
  return [(seed ^ Math.floor(seed / 0x100000000)) >>> 0, hashName(purpose)];
}

/** A stream of draws fixed by (seed, purpose, iteration, index); two streams with different keys are independent. */
export class RandomStream {
  private block: number[] = [];
  private blocksUsed = 0;
  private readonly key: [number, number];

  /**
   * @param seed      the run's seed, a safe non-negative integer
   * @param purpose   what is drawn, for example "augment.rotate"
   * @param iteration optimiser step or epoch, 0-based
   * @param index     position in the batch or list, 0-based
   */
  constructor(
    seed: number,
    purpose: string,
    private readonly iteration = 0,
    private readonly index = 0,
  ) {
    this.key = streamKey(seed, purpose);
  }

  /** The next unsigned 32-bit integer. */
  uint32(): number {
    if (this.block.length === 0) {
      this.block = philox(
        [this.blocksUsed++, this.index >>> 0, this.iteration >>> 0, Math.floor(this.iteration / 0x100000000)],
        this.key,
      ).reverse();
    }
    return this.block.pop() as number;
  }

  /** Uniform in [low, high) with 53 random bits. */
  uniform(low = 0, high = 1): number {
    const high26 = this.uint32() >>> 6;
    const low27 = this.uint32() >>> 5;
    return low + (high - low) * ((high26 * 0x8000000 + low27) / 0x20000000000000);
  }

  /** Uniform integer in [low, high], both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  /** True with the given probability. */
  bernoulli(probability = 0.5): boolean {
    return this.uniform() < probability;
  }

  /** Normal with the given mean and standard deviation (Box-Muller, one of the pair). */
  normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Fisher-Yates permutation of 0 … n−1. */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(0, i);
      const kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    return order;
  }
}
