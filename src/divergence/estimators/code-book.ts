/**
 * A code book learnt online: running k-means over rows of features, each code the mean of what was nearest to it (van den
 * Oord et al., "Neural discrete representation learning", NIPS 2017, appendix A.1). Everything is float64, which autocast
 * leaves alone.
 */
import { CheckpointError } from "../../core/errors.js";
import { RandomStream } from "../../core/random.js";
import { full, KeptTensors, noGrad, oneHot, scope, type Tensor, tensor, where } from "../../torch/index.js";

/** Memory of the running sums. */
const decay = 0.99;
const names = ["book.counts", "book.sums", "book.spread"] as const;

/** Squared distances [n, K] of rows [n, F] from codes [K, F]. */
function squaredDistances(rows: Tensor, codes: Tensor): Tensor {
  const products = rows.matmul(codes.transpose(0, 1)).mul(2);
  return rows.square().sum(1, { keepdim: true }).add(codes.square().sum(1)).sub(products).clamp({ min: 0 });
}

export class CodeBook {
  /** What its state is saved as. */
  readonly names = names;
  private readonly stored = new KeptTensors();

  constructor(
    private readonly size: number,
    private readonly seed: number,
  ) {}

  /** Whether it has codes, which the first {@link learn} gives it. */
  get ready(): boolean {
    return !this.stored.isEmpty;
  }

  /** Moves the codes towards rows [n, F] float64; the first rows give the codes, drawn among them. */
  learn(rows: Tensor): void {
    noGrad(() =>
      scope(() => {
        const fixed = rows.detach();
        if (!this.ready) this.begin(fixed);
        const codes = this.codes(fixed);
        const [closeness, which] = squaredDistances(fixed, codes).neg().maxDim(1);
        const members = oneHot(which, this.size).to({ dtype: "float64" });
        this.blend("book.counts", members.sum(0));
        this.blend("book.sums", members.transpose(0, 1).matmul(fixed));
        this.blend("book.spread", closeness.neg().mean());
      }),
    );
  }

  /**
   * Soft assignment of rows [n, F] to the codes, softmax(−‖row − code‖²/(τs)) with s the running mean of the squared
   * distance from the nearest code: [n, K] float64, differentiable in the rows.
   */
  assign(rows: Tensor, temperature: number): Tensor {
    const spread = this.get("book.spread", rows).clamp({ min: 1e-12 });
    return squaredDistances(rows, this.codes(rows)).neg().div(spread.mul(temperature)).softmax(1);
  }

  private begin(rows: Tensor): void {
    const [count] = rows.shape;
    const order = [...new RandomStream(this.seed, "divergence.codes").permutation(count)];
    // Fewer rows than codes give some of them twice.
    const chosen = Array.from({ length: this.size }, (_, k) => order[k % count]);
    const codes = rows.indexSelect(0, tensor(chosen, { dtype: "int64", device: rows.device }));
    const ofEach = count / this.size;
    this.stored.set("book.counts", full([this.size], ofEach, { dtype: "float64", device: rows.device }));
    this.stored.set("book.sums", codes.mul(ofEach));
    this.stored.set("book.spread", squaredDistances(rows, codes).neg().maxDim(1)[0].neg().mean());
  }

  /** Moves a running mean; a step that overflowed is skipped by the trainer, and its NaN must not stay here. */
  private blend(name: (typeof names)[number], now: Tensor): void {
    const before = this.get(name, now);
    const after = before.mul(decay).add(now.mul(1 - decay));
    this.stored.set(name, where(after.isfinite(), after, before));
  }

  private codes(like: Tensor): Tensor {
    const [counts, sums] = [this.get("book.counts", like), this.get("book.sums", like)];
    return sums.div(counts.unsqueeze(1).clamp({ min: 1e-12 }));
  }

  private get(name: (typeof names)[number], like: Tensor): Tensor {
    return (this.stored.get(name) as Tensor).to({ device: like.device });
  }

  /** Sums, counts and spread by name; they stay owned by the book. Empty before the first rows. */
  state(): Map<string, Tensor> {
    return this.stored.state();
  }

  /** Takes over the book's part of a saved state, whose other names it leaves. @throws CheckpointError for another size */
  load(state: ReadonlyMap<string, Tensor>): void {
    const saved = names.flatMap((name) => (state.has(name) ? [[name, state.get(name) as Tensor] as const] : []));
    const size = state.get("book.counts")?.shape[0] ?? this.size;
    if (size !== this.size || (saved.length > 0 && saved.length < names.length))
      throw new CheckpointError(`featCode: the saved code book has ${size} codes, but codes is ${this.size}`);
    this.stored.load(new Map(saved));
  }

  dispose(): void {
    this.stored.dispose();
  }
}
