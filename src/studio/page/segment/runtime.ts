/**
 * ONNX Runtime in a worker: on the graphics card where the browser lets pages have it, else as WebAssembly. Its files come
 * from the studio like the rest of the page, and only once they are needed.
 */
import cardModule from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import cardCode from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import plainModule from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import plainCode from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import type { InferenceSession, Tensor } from "onnxruntime-web/wasm";
import type { Values } from "../../../data/images/values.js";
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";

/** More bring little. */
const mostThreads = 4;

/** Errors alone: which node runs where is nobody's concern. */
const logSeverityLevel = 3;

/** What a graph says of a piece of an image. */
export interface Said {
  /** `[K, ...sides]` */
  readonly probabilities: Float32Array;
  /** What ran it, for people. */
  readonly engine: string;
  /** Whether it did so because the graphics card could not. */
  readonly isCardBroken: boolean;
}

/** An opened graph. @param piece `[C, ...sides]`, as it is prepared */
export type AskGraph = (piece: Values) => Promise<Said>;

/** Threads share memory, which browsers allow isolated pages alone. */
function threads(): number {
  return self.crossOriginIsolated ? Math.min(mostThreads, navigator.hardwareConcurrency) : 1;
}

function tensorOf(kind: typeof Tensor, image: Values, dims: readonly number[]): Tensor {
  return image instanceof Uint8Array ? new kind("uint8", image, dims) : new kind("float32", image, dims);
}

function opened(
  session: InferenceSession,
  tensor: (image: Values) => Tensor,
  by: Omit<Said, "probabilities">,
): AskGraph {
  return async (image) => {
    const { probabilities } = await session.run({ image: tensor(image) }, ["probabilities"]);
    return { ...by, probabilities: (await probabilities.getData()) as Float32Array };
  };
}

/** Whether pages may use a graphics card. */
async function hasCard(): Promise<boolean> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  // One that the processor imitates is slower than WebAssembly.
  return !!adapter && !adapter.info.isFallbackAdapter;
}

async function onCard(graph: Uint8Array, dims: readonly number[]): Promise<AskGraph> {
  const { env, InferenceSession, Tensor } = await import("onnxruntime-web/webgpu");
  env.wasm.wasmPaths = { mjs: cardModule, wasm: cardCode };
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(graph, { executionProviders: ["webgpu"], logSeverityLevel });
  return opened(session, (image) => tensorOf(Tensor, image, dims), { engine: "WebGPU", isCardBroken: false });
}

async function asWebAssembly(graph: Uint8Array, dims: readonly number[], isCardBroken: boolean): Promise<AskGraph> {
  const { env, InferenceSession, Tensor } = await import("onnxruntime-web/wasm");
  env.wasm.wasmPaths = { mjs: plainModule, wasm: plainCode };
  const count = threads();
  env.wasm.numThreads = count;
  const session = await InferenceSession.create(graph, { executionProviders: ["wasm"], logSeverityLevel });
  const engine = count === 1 ? "WebAssembly" : `WebAssembly on ${count} threads`;
  return opened(session, (image) => tensorOf(Tensor, image, dims), { engine, isCardBroken });
}

/**
 * Opens a graph. A card that fails, as drivers do that know less than they say, is given up for WebAssembly, whether it fails
 * at once, in its first run or in a later one.
 * @param graph the bytes of an ONNX file
 */
export async function openGraph(graph: Uint8Array, { rules, sides }: ShownModel): Promise<AskGraph> {
  const dims = [1, rules[0].set.channels, ...sides];
  // On cards it has no convolution of volumes.
  if (sides.length === 3 || !(await hasCard())) return asWebAssembly(graph, dims, false);
  const card = await onCard(graph, dims).catch(() => undefined);
  let instead: AskGraph | undefined;
  return async (image) => {
    const said = instead ? undefined : await card?.(image).catch(() => undefined);
    if (said) return said;
    instead ??= await asWebAssembly(graph, dims, true);
    return instead(image);
  };
}
