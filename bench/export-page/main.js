/** ONNX Runtime for the web; answers requests through `answer`, as bench/export-worker.ts does. */
import { modelAnswers } from "./model-answers.js";
import * as ort from "./ort.wasm.min.mjs";

const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());

window.answer = modelAnswers(async ({ model, image, channels, sides, threads }) => {
  if (threads > 1 && !crossOriginIsolated) throw new Error("the page may not share memory among threads");
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(await bytes(model), { executionProviders: ["wasm"] });
  const values = await bytes(image);
  return async () => {
    const { labels } = await session.run({ image: new ort.Tensor("uint8", values, [1, channels, ...sides]) });
    return { labels: labels.data };
  };
});
