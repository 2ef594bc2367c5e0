/** An exported model in libtorch and in ONNX Runtime for Node; speaks the line protocol of conversation.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { planar8bit } from "../src/augment/index.js";
import { ModelSession } from "../src/export/onnx/runtime.js";
import { labelMaps, predict } from "../src/inference/predict.js";
import { createNetwork } from "../src/nn/index.js";
import * as torch from "../src/torch/index.js";
import { serve } from "./conversation.js";
import type { ModelSettings } from "./export.js";
import { type Ask, modelAnswers } from "./model-answers.js";

function inLibtorch({ folder, weights, image, width, channels, classes, kind, sides, threads }: ModelSettings): Ask {
  torch.useEngine({ device: "cpu", threads });
  using generator = new torch.Generator(0);
  const network = createNetwork({ name: "unet", width }, { inChannels: channels, outChannels: classes, generator });
  const tensors = torch.loadTensors(join(folder, weights));
  network.loadStateDict(tensors);
  for (const tensor of tensors.values()) tensor.dispose();
  const values = readFileSync(join(folder, image));
  return async () =>
    torch.scope(() => {
      const raw = torch.fromTypedArray(values, [1, channels, ...sides]);
      const { probabilities } = predict(network, raw, {
        kind,
        device: "cpu",
        precision: "fp32",
        normalisation: planar8bit,
      });
      const [labels] = labelMaps(probabilities, kind);
      return { probabilities: probabilities.toTypedArray(), labels };
    });
}

async function inOnnxRuntime({ folder, model, image, channels, sides, threads }: ModelSettings): Promise<Ask> {
  const session = await ModelSession.open(readFileSync(join(folder, model)), model, threads);
  const values = readFileSync(join(folder, image));
  return () => session.ask(values, channels, sides);
}

await serve(
  modelAnswers(async (settings: ModelSettings) =>
    settings.program === "libtorch" ? inLibtorch(settings) : inOnnxRuntime(settings),
  ),
);
