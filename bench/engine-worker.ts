/**
 * The dimseg side of the engine bench: a U-Net training step as training runs it. Speaks the line protocol of
 * conversation.ts; bench/peers/engine.py is the same program on PyTorch's own modules.
 */
import { readFileSync } from "node:fs";
import { segmentationLoss } from "../src/losses/index.js";
import { UNet } from "../src/nn/index.js";
import { Sgd } from "../src/optim/index.js";
import * as torch from "../src/torch/index.js";
import { type Request, serve } from "./conversation.js";
import type { StepSettings } from "./engine.js";

const learningRate = 0.01;

/** One training step; returns its loss. */
type Step = () => number;

/** Peak resident memory of this process in bytes. */
function peakMemory(): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "latin1"));
    if (line) return Number(line[1]) * 1024;
  } catch {
    // Not Linux: the figure below is all there is.
  }
  return process.resourceUsage().maxRSS * 1024;
}

/** Splits the exchange file into network weights and the batch. */
function load(path: string): { weights: Map<string, torch.Tensor>; x: torch.Tensor; y: torch.Tensor } {
  const tensors = torch.loadTensors(path);
  const weights = new Map([...tensors].filter(([name]) => name !== "x" && name !== "y"));
  return { weights, x: tensors.get("x") as torch.Tensor, y: tensors.get("y") as torch.Tensor };
}

function prepare({ file, width, precision, channelsLast, keepMemory, threads }: StepSettings): Step {
  torch.setThreads(threads);
  if (keepMemory) torch.keepFreedMemory();
  const memoryFormat = channelsLast ? "channelsLast" : "contiguous";
  const { weights, x: loaded, y } = load(file);
  const network = new UNet({ inChannels: loaded.shape[1], outChannels: 2, width });
  network.loadStateDict(weights);
  network.to({ memoryFormat });
  for (const tensor of weights.values()) tensor.dispose();
  const x = loaded.contiguous({ memoryFormat });
  const parameters = network.parameters();
  const optimizer = new Sgd(parameters, { momentum: 0.9, weightDecay: 1e-4 });
  return () =>
    torch.scope(() => {
      const logits = torch.autocast(precision, "cpu", () => network.forward(x)).to({ dtype: "float32" });
      const { loss } = segmentationLoss(logits, y, null, { kind: "softmax" });
      optimizer.step(torch.grad(loss, parameters), learningRate);
      return loss.item();
    });
}

/** Nanoseconds per `add` of two tensors of four values, with the result freed. */
function overhead(calls: number): number {
  const a = torch.ones([4]);
  const b = torch.ones([4]);
  const started = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) a.add(b).dispose();
  return Number(process.hrtime.bigint() - started) / calls;
}

let step: Step | undefined;

function answer(request: Request): object {
  switch (request.do) {
    case "prepare":
      step = prepare(request as unknown as StepSettings & Request);
      return { version: torch.engineInfo().version, threads: torch.threads() };
    case "step": {
      const started = performance.now();
      const loss = (step as Step)();
      return { seconds: (performance.now() - started) / 1000, loss };
    }
    case "peak":
      return { bytes: peakMemory() };
    case "overhead":
      return { nanoseconds: overhead(request.calls as number) };
    default:
      throw new Error(`unknown request "${request.do}"`);
  }
}

await serve(answer);
