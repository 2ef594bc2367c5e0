/**
 * An exported model in libtorch and in ONNX Runtime for Node. Speaks the line protocol of conversation.ts;
 * export-page/main.js does the same in a browser. A step asks twice and times the second time: the first wakes threads
 * and fills caches, which the program before has used.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ModelSession } from "../src/export/onnx/runtime.js";
import { labelMaps, predict } from "../src/inference/predict.js";
import { createNetwork } from "../src/nn/index.js";
import * as torch from "../src/torch/index.js";
import { type Request, serve } from "./conversation.js";
import type { ModelSettings } from "./export.js";

/** Asks about the image; the answer's numbers are in this process's own memory. */
type Ask = () => Promise<{ labels: Uint8Array }>;

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
      const { probabilities } = predict(network, raw, { kind, device: "cpu", precision: "fp32" });
      const [labels] = labelMaps(probabilities, kind);
      return { probabilities: probabilities.toTypedArray(), labels };
    });
}

async function inOnnxRuntime({ folder, model, image, channels, sides, threads }: ModelSettings): Promise<Ask> {
  const session = await ModelSession.open(readFileSync(join(folder, model)), model, threads);
  const values = readFileSync(join(folder, image));
  return () => session.ask(values, channels, sides);
}

let ask: Ask;

async function answer(request: Request): Promise<object> {
  switch (request.do) {
    case "prepare": {
      const settings = request as unknown as ModelSettings & Request;
      ask = settings.program === "libtorch" ? inLibtorch(settings) : await inOnnxRuntime(settings);
      return {};
    }
    case "labels":
      return { labels: (await ask()).labels.join("") };
    case "step": {
      await ask();
      const started = performance.now();
      await ask();
      return { seconds: (performance.now() - started) / 1000 };
    }
    default:
      throw new Error(`unknown request "${request.do}"`);
  }
}

await serve(answer);
