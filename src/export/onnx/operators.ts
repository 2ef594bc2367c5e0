/**
 * What each operator that networks, normalisation and probabilities are made of is in ONNX. The batch axis is never
 * counted, so that graphs take any number of images. A network with a further operator needs an entry here.
 */
import { UsageError } from "../../core/errors.js";
import type { RecordedCall, Windows } from "../../torch/index.js";
import type { Graph } from "./graph.js";
import { type Attribute, elementNumber } from "./model-file.js";

/** Adds the nodes of one call. @returns the value that the result is */
type Translation = (graph: Graph, args: readonly unknown[], operator: string) => string;

/** The values of a call's first operands; one that is null is left out. */
function operands(graph: Graph, args: readonly unknown[], operator: string): string[] {
  return args.flatMap((handle) => (handle === null ? [] : [graph.value(handle, operator)]));
}

function lengths({ stride, padding }: Pick<Windows, "stride" | "padding">): Record<string, Attribute> {
  return { strides: stride, pads: [...padding, ...padding] };
}

const convolution =
  (name: string): Translation =>
  (graph, args, operator) => {
    const [attributes, ...tensors] = [...args].reverse();
    const inputs = operands(graph, tensors.reverse(), operator);
    const [, , ...kernel] = graph.shapeOf(inputs[1]);
    return graph.node(name, inputs, { kernel_shape: kernel, ...lengths(attributes as Windows) });
  };

const pooling =
  (name: string): Translation =>
  (graph, [input, attributes], operator) => {
    const { size } = attributes as { size: readonly number[] };
    return graph.node(name, [graph.value(input, operator)], { kernel_shape: size, strides: size });
  };

/** The size is told of all axes: ONNX Runtime 1.30 mixes up those of some when it lays out values of 8 bits anew. */
const resizing: Translation = (graph, [input, attributes], operator) => {
  const { size, alignCorners } = attributes as { size: readonly number[]; alignCorners: boolean };
  const value = graph.value(input, operator);
  const batchAndChannels = graph.node("Shape", [value], { start: 0, end: 2 });
  const sizes = graph.node("Concat", [batchAndChannels, graph.integers(size)], { axis: 0 });
  return graph.node("Resize", [value, "", "", sizes], {
    mode: "linear",
    coordinate_transformation_mode: alignCorners ? "align_corners" : "half_pixel",
  });
};

const normalisingByRunning: Translation = (graph, args, operator) => {
  const { epsilon } = args[5] as { epsilon: number };
  return graph.node("BatchNormalization", operands(graph, args.slice(0, 5), operator), { epsilon: { float: epsilon } });
};

/** Groups of channels become the channels of an instance normalisation. */
const normalisingByGroup: Translation = (graph, [input, weight, bias, attributes], operator) => {
  const { groups, shape, epsilon } = attributes as { groups: number; shape: readonly number[]; epsilon: number };
  const [, channels, ...sides] = shape;
  const x = graph.value(input, operator);
  const scale = weight === null ? graph.filled(1, [channels]) : graph.value(weight, operator);
  const shift = bias === null ? graph.filled(0, [channels]) : graph.value(bias, operator);
  const rule = { epsilon: { float: epsilon } };
  if (groups === channels) return graph.node("InstanceNormalization", [x, scale, shift], rule);
  const grouped = graph.node("Reshape", [x, graph.integers([0, groups, -1])]);
  const even = graph.node(
    "InstanceNormalization",
    [grouped, graph.filled(1, [groups]), graph.filled(0, [groups])],
    rule,
  );
  const back = graph.node("Reshape", [even, graph.integers([0, channels, ...sides])]);
  const each = graph.integers([channels, ...sides.map(() => 1)]);
  const scaled = graph.node("Mul", [back, graph.node("Reshape", [scale, each])]);
  return graph.node("Add", [scaled, graph.node("Reshape", [shift, each])]);
};

const concatenating: Translation = (graph, [tensors, axis], operator) =>
  graph.node("Concat", operands(graph, [...(tensors as Int32Array)], operator), { axis: axis as number });

/** libtorch counts axes from the last one, and gives both ends of each. Told of all axes, as sizes are. */
const padding: Translation = (graph, [input, margins], operator) => {
  const ends = margins as readonly number[];
  const of = (side: number) =>
    Array.from({ length: graph.rank }, (_, axis) => ends[2 * (graph.rank - 1 - axis) + side] ?? 0);
  return graph.node("Pad", [graph.value(input, operator), graph.integers([...of(0), ...of(1)])]);
};

const lowest = -(2n ** 63n);

const mirroring: Translation = (graph, [input, dims], operator) => {
  const axes = dims as readonly number[];
  const each = (value: number | bigint) => graph.integers(axes.map(() => value));
  return graph.node("Slice", [graph.value(input, operator), each(-1), each(lowest), graph.integers(axes), each(-1)]);
};

const converting: Translation = (graph, [input, dtype], operator) => {
  const value = graph.value(input, operator);
  if (dtype === undefined || dtype === null) return value;
  if (dtype === "float32") return graph.node("Cast", [value], { to: elementNumber(dtype) });
  throw new UsageError(`${operator} to ${dtype} has no ONNX form here; add it to src/export/onnx/operators.ts`);
};

const ofOne =
  (name: string, attributes: (rest: readonly unknown[]) => Record<string, Attribute> = () => ({})): Translation =>
  (graph, [input, ...rest], operator) =>
    graph.node(name, [graph.value(input, operator)], attributes(rest));

/** @throws UsageError where the second operand is to be multiplied first, which ONNX does not know */
function refuseScale(scale: unknown, operator: string): void {
  if (scale === undefined || scale === null || scale === 1) return;
  throw new UsageError(`${operator} with alpha ${scale} has no ONNX form; multiply beforehand`);
}

const ofTwo =
  (name: string): Translation =>
  (graph, [a, b, alpha], operator) => {
    refuseScale(alpha, operator);
    return graph.node(name, operands(graph, [a, b], operator));
  };

const withNumber =
  (name: string): Translation =>
  (graph, [a, b, alpha], operator) => {
    refuseScale(alpha, operator);
    return graph.node(name, [graph.value(a, operator), graph.filled(b as number)]);
  };

const arithmetic = Object.fromEntries(
  Object.entries({ add: "Add", sub: "Sub", mul: "Mul", div: "Div" }).flatMap(([own, name]) => [
    [`aten::${own}.Tensor`, ofTwo(name)],
    [`aten::${own}.Scalar`, withNumber(name)],
    [`aten::${own}_.Tensor`, ofTwo(name)],
    [`aten::${own}_.Scalar`, withNumber(name)],
  ]),
);

const translations: Readonly<Record<string, Translation>> = {
  convolve: convolution("Conv"),
  convolveTransposed: convolution("ConvTranspose"),
  maxPool: pooling("MaxPool"),
  averagePool: pooling("AveragePool"),
  resizeLinear: resizing,
  normaliseByRunning: normalisingByRunning,
  normaliseByGroup: normalisingByGroup,
  ...arithmetic,
  "aten::relu": ofOne("Relu"),
  "aten::relu_": ofOne("Relu"),
  "aten::leaky_relu": ofOne("LeakyRelu", ([slope]) => ({ alpha: { float: slope as number } })),
  "aten::sigmoid": ofOne("Sigmoid"),
  "aten::softmax.int": ofOne("Softmax", ([axis]) => ({ axis: axis as number })),
  "aten::cat": concatenating,
  "aten::pad": padding,
  "aten::flip": mirroring,
  "aten::to.dtype_layout": converting,
};

/**
 * Adds what a call is in ONNX.
 * @throws UsageError for an operator without an entry
 */
export function translate(graph: Graph, { operator, args }: RecordedCall): string {
  if (Object.hasOwn(translations, operator)) return translations[operator](graph, args, operator);
  throw new UsageError(`${operator} has no ONNX form here; add it to src/export/onnx/operators.ts`);
}
