/**
 * The dimseg side of the bench of volumes: a supervised training step of the 3-D U-Net, and sliding windows over a large
 * volume. Speaks the line protocol of conversation.ts; bench/peers/volumes.py has the same training step on PyTorch.
 */
import { planar8bit } from "../src/augment/index.js";
import { inferLabels } from "../src/inference/inferers/infer.js";
import { slidingWindow } from "../src/inference/inferers/sliding-window.js";
import { Dropout, UNet3d } from "../src/nn/index.js";
import { Sgd } from "../src/optim/index.js";
import * as torch from "../src/torch/index.js";
import { type Request, serve } from "./conversation.js";
import type { VolumeSettings, WindowSettings } from "./volumes.js";

const rate = 0.01;

function networkOf(width: number, inChannels: number, outChannels: number, channelsLast: boolean): UNet3d {
  using generator = new torch.Generator(0);
  const network = new UNet3d({ inChannels, outChannels, width, generator });
  return network.to({ memoryFormat: channelsLast ? "channelsLast" : "contiguous" });
}

function prepare({ file, width, precision, channelsLast, threads }: VolumeSettings): () => number {
  torch.setThreads(threads);
  torch.keepFreedMemory();
  const tensors = torch.loadTensors(file);
  const [x, y] = ["x", "y"].map((name) => tensors.get(name) as torch.Tensor);
  for (const name of ["x", "y"]) tensors.delete(name);
  const network = networkOf(width, x.shape[1], 2, channelsLast);
  network.loadStateDict(tensors);
  // The two sides would draw different maps.
  for (const [, part] of network.namedModules()) if (part instanceof Dropout) part.eval();
  const input = channelsLast ? x.contiguous({ memoryFormat: "channelsLast3d" }) : x;
  const parameters = network.parameters();
  const optimizer = new Sgd(parameters, { momentum: 0.9, weightDecay: 1e-4 });
  return () =>
    torch.scope(() => {
      const logits = torch.autocast(precision, "cpu", () => network.forward(input));
      const loss = torch.crossEntropyLoss(logits.to({ dtype: "float32" }), y);
      optimizer.step(torch.grad(loss, parameters), rate);
      return loss.item();
    });
}

/** Seconds and the largest memory of this process for the label map of one volume. */
function askWindows({ shape, patch, classes, width, precision, threads }: WindowSettings): object {
  torch.setThreads(threads);
  const network = networkOf(width, 1, classes, true);
  return torch.scope(() => {
    using generator = new torch.Generator(1);
    const image = torch
      .rand([1, ...shape], { generator })
      .mul(255)
      .to({ dtype: "uint8" });
    const started = performance.now();
    const options = {
      kind: "softmax",
      device: "cpu",
      precision,
      normalisation: planar8bit,
      inferer: slidingWindow({ patch }),
    } as const;
    const labels = inferLabels(network, image, options);
    const seconds = (performance.now() - started) / 1000;
    return { seconds, voxels: labels.length, megabytes: process.resourceUsage().maxRSS / 1024 };
  });
}

let step: (() => number) | undefined;

function answer(request: Request): object {
  switch (request.do) {
    case "prepare":
      step = prepare(request as unknown as VolumeSettings & Request);
      return {};
    case "step": {
      const started = performance.now();
      const loss = (step as () => number)();
      return { seconds: (performance.now() - started) / 1000, loss };
    }
    case "windows":
      return askWindows(request as unknown as WindowSettings & Request);
    default:
      throw new Error(`unknown request "${request.do}"`);
  }
}

await serve(answer);
