/**
 * What SS-Net trains beside the network (ycwu1997/SS-Net networks/unet.py, utils/feature_memory.py and
 * contrastive_losses.py, after Alonso et al., ICCV 2021): projections of pixel features, a memory of good ones for each
 * class, and selectors that weigh pixels.
 */
import { BatchNorm1d, inEvaluationMode, type Layer, LeakyReLU, Linear, Module, ReLU, Sequential } from "../nn/index.js";
import { cat, Generator, noGrad, scope, type Tensor, zeros } from "../torch/index.js";

const width = 32;
/** Features kept for each class. */
const memorySize = 32;

/** linear → BatchNorm → activation → linear, over the rows of a matrix. */
function perceptron(inputs: number, outputs: number, activation: Layer, generator: Generator): Sequential {
  const first = new Linear(inputs, width, generator);
  return new Sequential(first, new BatchNorm1d(width), activation, new Linear(width, outputs, generator));
}

function unitRows(rows: Tensor): Tensor {
  return rows.div(rows.vectorNorm({ dim: 1, keepdim: true }).clamp({ min: 1e-12 }));
}

export class SsNetHeads extends Module {
  private readonly projection: Sequential;
  private readonly prediction: Sequential;
  private readonly selectors: Sequential[];
  /** [K, 32, 32], of which the first `filled[c]` rows of a class hold a feature. */
  private readonly memory: Tensor;
  private readonly filled: Tensor;

  /** @param features channels of the last decoder map @param classes output channels of the network */
  constructor(features: number, classes: number, seed: number) {
    super();
    using generator = new Generator(seed);
    this.projection = this.child("projection", perceptron(features, width, new ReLU(), generator));
    this.prediction = this.child("prediction", perceptron(width, width, new ReLU(), generator));
    this.selectors = Array.from({ length: classes }, (_, c) =>
      this.child(`selector${c}`, perceptron(width, 1, new LeakyReLU(0.2), generator)),
    );
    this.memory = this.buffer("memory", zeros([classes, memorySize, width]));
    this.filled = this.buffer("filled", zeros([classes]));
  }

  /**
   * Renews the memory of each class from the given pixels: of many the 32 with the lowest selector score, else all of
   * them after the latest kept ones.
   * @param features [N, F] @param members for each class the rows that belong to it
   */
  remember(features: Tensor, members: readonly Tensor[]): void {
    noGrad(() =>
      scope(() => {
        const filled = this.filled.toNumbers();
        members.forEach((rows, c) => {
          if (rows.numel === 0) return;
          const own = features.indexSelect(0, rows);
          const projected = inEvaluationMode(this, () => this.projection.forward(own));
          const kept = this.memory.select(0, c);
          const renewed = this.choose(projected, kept.narrow(0, 0, filled[c]), this.selectors[c]);
          const [count] = renewed.shape;
          kept.narrow(0, 0, count).copy_(renewed);
          this.filled.select(0, c).fill_(count);
        });
      }),
    );
  }

  private choose(projected: Tensor, kept: Tensor, selector: Sequential): Tensor {
    if (projected.shape[0] > memorySize) {
      const [, order] = selector.forward(projected).squeeze(1).sort(0);
      return projected.indexSelect(0, order.narrow(0, 0, memorySize));
    }
    const all = cat([kept, projected]);
    const count = Math.min(all.shape[0], memorySize);
    return all.narrow(0, all.shape[0] - count, count);
  }

  /**
   * Mean over the classes of the selector-weighted 1 − cos between predicted features and the class's memory; classes
   * with fewer than two pixels or memories count as 0. Arguments as in {@link remember}.
   */
  contrast(features: Tensor, members: readonly Tensor[]): Tensor {
    const predicted = this.prediction.forward(this.projection.forward(features));
    const filled = this.filled.toNumbers();
    const losses = members.flatMap((rows, c) =>
      rows.numel > 1 && filled[c] > 1 ? [this.distance(predicted.indexSelect(0, rows), c, filled[c])] : [],
    );
    if (losses.length === 0) return predicted.sum().mul(0);
    return losses.reduce((sum, loss) => sum.add(loss)).div(members.length);
  }

  private distance(predicted: Tensor, c: number, count: number): Tensor {
    // The mean over the memory of 1 − cos is 1 minus the product with the mean of the memory's unit vectors.
    const centre = unitRows(this.memory.select(0, c).narrow(0, 0, count))
      .mean(0)
      .unsqueeze(1);
    const distances = unitRows(predicted).matmul(centre).neg().add(1);
    const weights = this.selectors[c].forward(predicted.detach()).sigmoid();
    return distances.mul(weights).mean().div(weights.mean());
  }
}
