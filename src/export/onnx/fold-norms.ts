/**
 * Batch normalisation after a convolution as part of the convolution's weights: with fixed statistics both are one linear
 * map. Runtimes do this themselves in float32, but not once weights are whole numbers.
 */
import type { Attribute, Constant, GraphNode, OnnxGraph } from "./model-file.js";
import { constantOf, numbersOf, usedConstants, wiringOf } from "./wiring.js";

/** Axis of the weights that counts the channels a convolution makes. */
export const madeAxis: Readonly<Record<string, number>> = { Conv: 0, ConvTranspose: 1 };

const epsilonOf = ({ attributes }: GraphNode) => (attributes.epsilon as Attribute & { float: number }).float;

/** Weights and bias that do what a convolution and a batch normalisation after it do. */
function folded(convolution: GraphNode, norm: GraphNode, constant: (name: string) => Constant): [Constant, Constant] {
  const [, kernel, offset] = convolution.inputs;
  const [scale, shift, mean, variance] = norm.inputs.slice(1).map((name) => numbersOf(constant(name)));
  const { shape } = constant(kernel);
  const weights = numbersOf(constant(kernel));
  const axis = madeAxis[convolution.operator];
  const inner = shape.slice(axis + 1).reduce((product, side) => product * side, 1);
  const factors = scale.map((value, channel) => value / Math.sqrt(variance[channel] + epsilonOf(norm)));
  const bias = offset === undefined ? new Float32Array(shape[axis]) : numbersOf(constant(offset));
  return [
    constantOf(
      `${kernel}_folded`,
      "float32",
      shape,
      weights.map((value, i) => value * factors[Math.floor(i / inner) % shape[axis]]),
    ),
    constantOf(
      `${kernel}_folded_bias`,
      "float32",
      [shape[axis]],
      bias.map((value, channel) => (value - mean[channel]) * factors[channel] + shift[channel]),
    ),
  ];
}

/** A graph that says the same, up to rounding, without the batch normalisations that follow a convolution. */
export function withFoldedNorms(graph: OnnxGraph): OnnxGraph {
  const constants = new Map(graph.constants.map((one) => [one.name, one]));
  const constant = (name: string) => constants.get(name) as Constant;
  const wiring = wiringOf(graph);
  const gone = new Set<GraphNode>();
  const nodes = graph.nodes.map((node) => {
    const norm = node.operator in madeAxis ? wiring.onlyTaker(node.output, "BatchNormalization") : undefined;
    if (!norm) return node;
    gone.add(norm);
    const made = folded(node, norm, constant);
    for (const one of made) constants.set(one.name, one);
    return { ...node, inputs: [node.inputs[0], ...made.map(({ name }) => name)], output: norm.output };
  });
  const left = nodes.filter((node) => !gone.has(node));
  return { ...graph, nodes: left, constants: usedConstants(left, constants.values()) };
}
