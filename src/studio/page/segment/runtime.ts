/**
 * ONNX Runtime in a worker: on the graphics card where the browser lets pages have it, else as WebAssembly. Its files come
 * from the studio like the rest of the page, and only once they are needed.
 */
import cardModule from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import cardCode from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import plainModule from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import plainCode from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import type { InferenceSession, Tensor } from "onnxruntime-web/wasm";
import type { Values } from "../../../data/values.js";
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";

/** More bring little. */
const mostThreads = 4;

/** Errors alone: which node runs where is nobody's concern. */
const logSeverityLevel = 3;

/** An opened graph. */
export interface OpenedGraph {
  /** What runs it, for people. */
  readonly engine: string;
  /** @param image `[C, rows, columns]`, as it is prepared. @returns probabilities `[K, rows, columns]` */
  ask(image: Values): Promise<Float32Array>;
}

/** Threads share memory, which browsers allow isolated pages alone. */
function threads(): number {
  return self.crossOriginIsolated ? Math.min(mostThreads, navigator.hardwareConcurrency) : 1;
}

function tensorOf(kind: typeof Tensor, image: Values, dims: readonly number[]): Tensor {
  return image instanceof Uint8Array ? new kind("uint8", image, dims) : new kind("float32", image, dims);
}

function opened(session: InferenceSession, tensor: (image: Values) => Tensor, engine: string): OpenedGraph {
  return {
    engine,
    async ask(image) {
      const { probabilities } = await session.run({ image: tensor(image) }, ["probabilities"]);
      return (await probabilities.getData()) as Float32Array;
    },
  };
}

async function onCard(graph: Uint8Array, dims: readonly number[]): Promise<OpenedGraph | undefined> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  // One that the processor imitates is slower than WebAssembly.
  if (!adapter || adapter.info.isFallbackAdapter) return undefined;
  const { env, InferenceSession, Tensor } = await import("onnxruntime-web/webgpu");
  env.wasm.wasmPaths = { mjs: cardModule, wasm: cardCode };
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(graph, { executionProviders: ["webgpu"], logSeverityLevel }).catch(
    () => undefined,
  );
  return session && opened(session, (image) => tensorOf(Tensor, image, dims), "WebGPU");
}

async function asWebAssembly(graph: Uint8Array, dims: readonly number[]): Promise<OpenedGraph> {
  const { env, InferenceSession, Tensor } = await import("onnxruntime-web/wasm");
  env.wasm.wasmPaths = { mjs: plainModule, wasm: plainCode };
  const count = threads();
  env.wasm.numThreads = count;
  const session = await InferenceSession.create(graph, { executionProviders: ["wasm"], logSeverityLevel });
  const words = count === 1 ? "WebAssembly" : `WebAssembly on ${count} threads`;
  return opened(session, (image) => tensorOf(Tensor, image, dims), words);
}

/** Opens a graph. @param graph the bytes of an ONNX file */
export async function openGraph(graph: Uint8Array, { rule, frame }: ShownModel): Promise<OpenedGraph> {
  const dims = [1, rule.channels, frame.height, frame.width];
  return (await onCard(graph, dims)) ?? asWebAssembly(graph, dims);
}
