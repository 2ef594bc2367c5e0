/** ONNX Runtime for the web. Answers the requests that bench/export-worker.ts does, through `answer`. */
import * as ort from "./ort.wasm.min.mjs";

const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
let ask;

async function prepare({ model, image, channels, sides, threads }) {
  if (threads > 1 && !crossOriginIsolated) throw new Error("the page may not share memory among threads");
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(await bytes(model), { executionProviders: ["wasm"] });
  const values = await bytes(image);
  ask = () => session.run({ image: new ort.Tensor("uint8", values, [1, channels, ...sides]) });
  return {};
}

window.answer = async (request) => {
  switch (request.do) {
    case "prepare":
      return prepare(request);
    case "labels":
      return { labels: (await ask()).labels.data.join("") };
    case "step": {
      await ask();
      const started = performance.now();
      await ask();
      return { seconds: (performance.now() - started) / 1000 };
    }
    default:
      throw new Error(`unknown request "${request.do}"`);
  }
};
