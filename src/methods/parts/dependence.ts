/**
 * CauSSL's measure of how far the filters of one network are linear combinations of those of another
 * (JuzhengMiao/CauSSL utils/losses.py), with the combinations that make it largest and their Adam state.
 */
import { Convolution, Module } from "../../nn/index.js";
import { AdamW } from "../../optim/index.js";
import {
  type Device,
  Generator,
  grad,
  noGrad,
  randn,
  scope,
  type Tensor,
  zeros,
  zerosLike,
} from "../../torch/index.js";

/** Deviation of the initial coefficients. */
const initialDeviation = 1e-3;

/** One row per filter, [out, in·|k|]. */
const filters = (layer: Convolution): Tensor => layer.weight.reshape([layer.weight.shape[0], -1]);

/** Rows of length 1. */
function unitRows(rows: Tensor): Tensor {
  return rows.div(rows.vectorNorm({ dim: 1, keepdim: true }).clamp({ min: 1e-12 }));
}

/** Mean over the rows of cos²(A·W₂, W₁). */
export function squaredCosine(own: Tensor, other: Tensor, coefficients: Tensor): Tensor {
  return unitRows(coefficients.matmul(other)).mul(unitRows(own)).sum(1).square().mean();
}

const convolutionsOf = (network: Module): Convolution[] =>
  network.namedModules().flatMap(([, part]) => (part instanceof Convolution ? [part] : []));

export class Dependence extends Module {
  /** Own layer, the other network's, and the coefficients A [out, out] that combine the other's filters. */
  private readonly links: { own: Convolution; other: Convolution; coefficients: Tensor }[];
  private readonly adamState: Map<string, Tensor>;
  private hasRun = false;

  constructor(first: Module, second: Module, seed: number, device: Device) {
    super();
    using generator = new Generator(seed);
    const pairs = [convolutionsOf(first), convolutionsOf(second)];
    this.links = [0, 1].flatMap((which) =>
      pairs[which].map((own, i) => {
        const [count] = own.weight.shape;
        const initial = scope(() => randn([count, count], { generator }).mul(initialDeviation));
        const coefficients = this.buffer(`coefficients.${which}.${i}`, initial);
        return { own, other: pairs[1 - which][i], coefficients };
      }),
    );
    this.adamState = new Map([["steps", this.buffer("adam.steps", zeros([1], { dtype: "float64" }))]]);
    for (const moment of ["mean", "square"]) {
      for (const [i, { coefficients }] of this.links.entries()) {
        this.adamState.set(`${moment}.${i}`, this.buffer(`adam.${moment}.${i}`, zerosLike(coefficients)));
      }
    }
    this.to({ device });
  }

  /** Whether {@link maximise} has run yet, which is read from the device until it has. */
  get ready(): boolean {
    this.hasRun ||= (this.adamState.get("steps") as Tensor).item() > 0;
    return this.hasRun;
  }

  /** Mean over the layers, for the first network and for the second; differentiable in each one's own filters. */
  values(): [Tensor, Tensor] {
    const each = this.links.map(({ own, other, coefficients }) =>
      squaredCosine(filters(own), filters(other).detach(), coefficients),
    );
    const layers = each.length / 2;
    const mean = (values: readonly Tensor[]) => values.reduce((sum, value) => sum.add(value)).div(layers);
    return [mean(each.slice(0, layers)), mean(each.slice(layers))];
  }

  /** Moves the coefficients by Adam steps that make both values larger, at fixed weights. */
  maximise(steps: number, rate: number): void {
    const leaves = this.links.map(({ coefficients }) => coefficients);
    const adam = new AdamW(leaves, { weightDecay: 0 });
    if (this.ready) adam.loadState(this.adamState);
    try {
      for (const leaf of leaves) leaf.requiresGrad_();
      for (let step = 0; step < steps; step++) {
        scope(() => {
          const [first, second] = this.values();
          adam.step(grad(first.add(second).neg(), leaves), rate);
        });
      }
    } finally {
      for (const leaf of leaves) leaf.requiresGrad_(false);
    }
    scope(() => {
      for (const [name, value] of adam.state()) noGrad(() => this.adamState.get(name)?.copy_(value));
    });
    for (const [name, value] of adam.state()) if (name !== "steps") value.dispose();
  }
}
