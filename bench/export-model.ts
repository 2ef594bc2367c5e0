/** The network of the bench of exports: trained for a moment on one drawn eye, so that its label map says something. */
import { join } from "node:path";
import { planar8bit } from "../src/augment/index.js";
import { writeFileAtomic } from "../src/core/files/atomic-file.js";
import type { TargetKind } from "../src/core/target-kind.js";
import { graphOf } from "../src/export/onnx/export-network.js";
import { encodeModel, type OnnxGraph } from "../src/export/onnx/model-file.js";
import { Quantisation } from "../src/export/onnx/quantise.js";
import { RangeFinder } from "../src/export/onnx/ranges.js";
import { createNetwork, type SegmentationNetwork } from "../src/nn/index.js";
import { Sgd } from "../src/optim/index.js";
import { generateFundusPhantom } from "../src/phantoms/fundus/fundus.js";
import * as torch from "../src/torch/index.js";

/** A network in files, and what it was made for. */
export interface WrittenModel {
  /** Where the files below are. */
  folder: string;
  /** The graph, in float32 and, where ONNX Runtime is there to measure ranges, in 8 bits. */
  models: { fp32: string; int8?: string };
  /** Safetensors file with the same weights. */
  weights: string;
  /** File with the planes of the image, 0 … 255. */
  image: string;
  width: number;
  channels: number;
  classes: number;
  kind: TargetKind;
  sides: readonly [number, number];
}

/** Background, rim, cup. */
const [channels, classes, kind] = [3, 3, "softmax"] as const;
const [steps, rate] = [30, 0.05];

/** Planes [3, side, side] of a drawn eye and its class numbers. */
function eyeOf(side: number): { image: Uint8Array; labels: Uint8Array } {
  const { image, mask } = generateFundusPhantom({ seed: 7, domain: "Domain1", split: "train", index: 0, size: side });
  const area = side * side;
  return {
    image: Uint8Array.from({ length: channels * area }, (_, i) => image[(i % area) * channels + Math.floor(i / area)]),
    labels: mask.map((grey) => 2 - Math.ceil(grey / 128)),
  };
}

function train(network: SegmentationNetwork, { image, labels }: ReturnType<typeof eyeOf>, side: number): void {
  const parameters = network.parameters();
  const optimizer = new Sgd(parameters, { momentum: 0.9 });
  torch.scope(() => {
    const x = planar8bit.forward(torch.fromTypedArray(image, [1, channels, side, side]));
    const y = torch.fromTypedArray(labels, [1, side, side]).to({ dtype: "int64" });
    for (let step = 0; step < steps; step++)
      torch.scope(() => {
        const loss = torch.crossEntropyLoss(network.forward(x), y);
        optimizer.step(torch.grad(loss, parameters), rate);
      });
  });
}

/** The graph in 8 bits; its ranges are those of the one image that it is asked about. */
async function quantised(graph: OnnxGraph, image: Uint8Array, sides: readonly number[]): Promise<OnnxGraph> {
  const quantisation = new Quantisation(graph);
  const finder = await RangeFinder.open(quantisation.whole, quantisation.values, "bench");
  await finder.see(image, channels, sides);
  await finder.close();
  return quantisation.quantised(finder.ranges);
}

/**
 * Trains the U-Net of a width and writes it into a folder, as `dimseg export` would, and its image.
 * @param inEightBits whether ONNX Runtime is there to measure ranges
 */
export async function writeModel(
  folder: string,
  width: number,
  side: number,
  inEightBits: boolean,
): Promise<WrittenModel> {
  const [weights, imageFile] = [`${width}.safetensors`, "image.raw"];
  const sides = [side, side] as const;
  const eye = eyeOf(side);
  using generator = new torch.Generator(0);
  const network = createNetwork({ name: "unet", width }, { inChannels: channels, outChannels: classes, generator });
  train(network, eye, side);
  const shape = { channels, sides, classes, kind };
  const graph = graphOf(network, { ...shape, normalisation: planar8bit, testTimeFlips: false });
  const write = (precision: string, one: OnnxGraph) => {
    const file = `${width}-${precision}.onnx`;
    writeFileAtomic(join(folder, file), encodeModel(one));
    return file;
  };
  const models = {
    fp32: write("fp32", graph),
    ...(inEightBits ? { int8: write("int8", await quantised(graph, eye.image, sides)) } : {}),
  };
  writeFileAtomic(join(folder, weights), torch.serializeTensors(network.stateDict()));
  writeFileAtomic(join(folder, imageFile), eye.image);
  network.dispose();
  return { folder, models, weights, image: imageFile, width, ...shape };
}
