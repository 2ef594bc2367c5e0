/** Kind `unet`: forward, loss, gradients, BatchNorm buffers and evaluation mode of the U-Net (method section 3.3). */
import { segmentationLoss } from "../../losses/index.js";
import { UNet } from "../../nn/index.js";
import { grad, noGrad, type Tensor } from "../../torch/index.js";
import type { Computed, GoldenCase } from "../golden-case.js";

/** A U-Net with the weights a case stores under a prefix. */
export function networkOf(testCase: GoldenCase, prefix = ""): UNet {
  const { inChannels, outChannels, baseWidth } = testCase.params;
  const network = new UNet({ inChannels, outChannels, width: baseWidth });
  const names = [...network.stateDict().keys()];
  network.loadStateDict(new Map(names.map((name) => [name, testCase.start(prefix + name)])));
  return network.to({ device: testCase.device });
}

/** A stored target in the form the losses take. */
export function targetOf(tensor: Tensor, flavour: string): Tensor {
  return tensor.to({ dtype: flavour === "sigmoid" ? "float32" : "int64" });
}

export function unet(testCase: GoldenCase): Computed {
  const kind = testCase.params.flavour;
  const network = networkOf(testCase);
  const x = testCase.tensor("x");
  const { logits, feature } = network.decode(network.encode(x));
  const { ce, dice, loss } = segmentationLoss(logits, targetOf(testCase.tensor("target"), kind), null, { kind });
  const parameters = network.namedParameters();
  const gradients = grad(
    loss,
    parameters.map(([, tensor]) => tensor),
  );
  const outputs: [string, Tensor][] = [
    ["logits", logits],
    ["feature", feature],
    ["ce", ce],
    ["dice", dice],
    ["loss", loss],
    ...parameters.map(([name], i): [string, Tensor] => [`grad.${name}`, gradients[i]]),
    ...network.namedBuffers().map(([name, tensor]): [string, Tensor] => [`after.${name}`, tensor]),
    ["eval_logits", noGrad(() => network.eval().forward(x))],
  ];
  return new Map(outputs.map(([name, tensor]) => [name, tensor.toNumbers()]));
}
