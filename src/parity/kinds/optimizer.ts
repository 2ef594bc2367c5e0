/** Kind `optimizer`: six steps of an optimiser on a tiny network (method section 4). */
import { BatchNorm2d, Conv2d, Linear, Module } from "../../nn/index.js";
import { AdamW, type Optimizer, Sgd } from "../../optim/index.js";
import { crossEntropyLoss, grad, relu_, scope, type Tensor } from "../../torch/index.js";
import type { Computed, GoldenCase } from "../golden-case.js";

/** conv → BatchNorm → ReLU → conv → mean over the image → linear. */
class TinyNetwork extends Module {
  private readonly conv1: Conv2d;
  private readonly bn: BatchNorm2d;
  private readonly conv2: Conv2d;
  private readonly fc: Linear;

  constructor({ inChannels, hidden, hidden2, classes }: Record<string, number>) {
    super();
    this.conv1 = this.child("conv1", new Conv2d(inChannels, hidden, 3, { padding: 1, bias: false }));
    this.bn = this.child("bn", new BatchNorm2d(hidden));
    this.conv2 = this.child("conv2", new Conv2d(hidden, hidden2, 3, { padding: 1 }));
    this.fc = this.child("fc", new Linear(hidden2, classes));
  }

  forward(x: Tensor): Tensor {
    return this.fc.forward(this.conv2.forward(relu_(this.bn.forward(this.conv1.forward(x)))).mean([2, 3]));
  }
}

function baseOptimizer(testCase: GoldenCase, parameters: Tensor[]): Optimizer | null {
  const { method, momentum, nesterov, weightDecay, beta1, beta2, eps } = testCase.params;
  if (method === "sgd" || method === "sgd_nesterov") return new Sgd(parameters, { momentum, nesterov, weightDecay });
  if (method === "adamw") return new AdamW(parameters, { beta1, beta2, eps, weightDecay });
  return null;
}

export function optimizer(testCase: GoldenCase): Computed | null {
  const { steps, lr, net } = testCase.params;
  const network = new TinyNetwork(net);
  network.loadStateDict(new Map(testCase.namesBelow("init.").map((name) => [name, testCase.tensor(`init.${name}`)])));
  const parameters = network.namedParameters();
  const tensors = parameters.map(([, tensor]) => tensor);
  const base = baseOptimizer(testCase, tensors);
  if (!base) return null;

  const traces = new Map<string, number[]>();
  const record = (name: string, values: ArrayLike<number>) => {
    const trace = traces.get(name) ?? [];
    traces.set(name, trace);
    for (let i = 0; i < values.length; i++) trace.push(values[i]);
  };
  const x = testCase.tensor("x");
  const y = testCase.tensor("y");
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const loss = crossEntropyLoss(network.forward(x.select(0, step)), y.select(0, step));
      const gradients = grad(loss, tensors);
      base.step(gradients, lr);
      record("loss", loss.toNumbers());
      gradients.forEach((gradient, i) => {
        record(`final_grad.${parameters[i][0]}`, gradient.toNumbers());
      });
      for (const [name, tensor] of network.stateDict()) record(`traj.${name}`, tensor.toNumbers());
    });
  }
  return traces;
}
