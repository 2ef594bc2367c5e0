/**
 * A network as an ONNX file that takes images as they are prepared (data/values.ts), and gives probabilities and label maps:
 * normalisation, network, activation, mirror images and the choice of a class are all in its graph.
 */
import type { Normalisation } from "../../augment/index.js";
import type { TargetKind } from "../../core/target-kind.js";
import { networkAnswerer } from "../../inference/inferers/answerer.js";
import type { SegmentationNetwork } from "../../nn/index.js";
import { type Recorder, recordOperators, scope, zeros } from "../../torch/index.js";
import type { WeightName } from "../precision-names.js";
import { Graph } from "./graph.js";
import { elementNumber, encodeModel, type GraphValue, type OnnxGraph } from "./model-file.js";
import { translate } from "./operators.js";

/** What a graph takes and gives. */
export interface GraphShape {
  /** Channels of the images. */
  readonly channels: number;
  /** Sides of what the network sees, slowest first. */
  readonly sides: readonly number[];
  readonly classes: number;
  readonly kind: TargetKind;
  /** Type of the images' values; uint8 unless given. */
  readonly values?: "uint8" | "float32";
}

/** What a graph is to answer. */
export interface GraphOptions extends GraphShape {
  readonly normalisation: Normalisation;
  /** Whether the graph averages over mirror images. */
  readonly testTimeFlips: boolean;
  /** Default: fp32. */
  readonly weights?: WeightName;
}

/** A graph, and what stands beside it in its file. */
export interface ExportOptions extends GraphOptions {
  readonly metadata: Readonly<Record<string, string>>;
}

/** What goes into the graph and what comes out. */
export interface GraphSignature {
  readonly input: GraphValue;
  /** `probabilities`, then `labels`. */
  readonly outputs: readonly [GraphValue, GraphValue];
}

/** Names and shapes of what a graph takes and gives. */
export function signatureOf({ channels, sides, classes, kind, values = "uint8" }: GraphShape): GraphSignature {
  const labels = kind === "sigmoid" ? ["batch", classes, ...sides] : ["batch", ...sides];
  return {
    input: { name: "image", type: values, shape: ["batch", channels, ...sides] },
    outputs: [
      { name: "probabilities", type: "float32", shape: ["batch", classes, ...sides] },
      { name: "labels", type: "uint8", shape: labels },
    ],
  };
}

/** Label maps as `labelMaps` of the inference makes them: the lowest class among equals, a half counts. */
function addLabels(graph: Graph, probabilities: string, kind: TargetKind): void {
  const found =
    kind === "sigmoid"
      ? graph.node("GreaterOrEqual", [probabilities, graph.filled(0.5)])
      : graph.node("ArgMax", [probabilities], { axis: 1, keepdims: 0, select_last_index: 0 });
  graph.output("labels", "Cast", [found], { to: elementNumber("uint8") });
}

/**
 * The operators that a network runs for one image, in evaluation mode. The network's weights and mode are as before
 * afterwards.
 * @returns a graph whose weights are its own copies
 * @throws UsageError for a network with an operator that has no ONNX form here
 */
export function graphOf(network: SegmentationNetwork, options: GraphOptions): OnnxGraph {
  const { channels, sides, kind, normalisation, testTimeFlips, values, weights = "fp32" } = options;
  const state = network.stateDict();
  const [{ device }] = state.values();
  const graph = new Graph(state, weights, sides.length + 2);
  const signature = signatureOf(options);
  scope(() => {
    const raw = zeros([1, channels, ...sides], { dtype: values ?? "uint8", device });
    graph.name(raw.handle, signature.input.name);
    const recorder: Recorder = {
      called: (call) => graph.name(call.result as number, translate(graph, call)),
      released: (handle) => graph.forget(handle),
    };
    recordOperators(recorder, () => {
      const asked = networkAnswerer(network, { kind, device, precision: "fp32", normalisation, testTimeFlips });
      const said = asked.probabilities(asked.input(raw));
      const [probabilities] = signature.outputs;
      graph.output(probabilities.name, "Identity", [graph.value(said.handle, "the network")]);
    });
  });
  addLabels(graph, signature.outputs[0].name, kind);
  return { nodes: graph.nodes, constants: graph.constants, inputs: [signature.input], outputs: signature.outputs };
}

/**
 * The bytes of an ONNX file with the graph of a network.
 * @returns chunks, in order, for `writeFileAtomic`; equal weights give equal bytes
 * @throws UsageError for a network with an operator that has no ONNX form here
 * @example writeFileAtomic("model.onnx", exportNetwork(network, options));
 */
export function exportNetwork(network: SegmentationNetwork, options: ExportOptions): Uint8Array[] {
  return encodeModel(graphOf(network, options), options.metadata);
}
