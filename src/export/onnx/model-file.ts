/** ONNX files: what a graph consists of, and how that becomes bytes. The numbers are those of the public onnx.proto. */
import { CheckpointError } from "../../core/errors.js";
import { packageVersion } from "../../core/package-root.js";
import { fieldsWithBytes, Message } from "./protobuf.js";

/** Operators are those of this version of the standard, which ONNX Runtime knows since 1.14. */
export const opset = 18;
const irVersion = 8;

/** What tensors of a graph hold. */
export type ElementType = "float32" | "float16" | "uint8" | "int8" | "int32" | "int64";

const elementTypes: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  float16: 10,
};

/** The standard's number of an element type, as the attributes of `Cast` give it. */
export function elementNumber(type: ElementType): number {
  return elementTypes[type];
}

/** A whole number, several, a word, or a number in single precision. */
export type Attribute = number | readonly number[] | string | { readonly float: number };

/** One operator of a graph; an input that is left out is "". */
export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** Values that lie in the file: weights, sizes. */
export interface Constant {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Little-endian, row-major. */
  readonly data: Uint8Array;
}

/** What goes in or comes out; an axis without a length of its own has a name. */
export interface GraphValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** What a file computes. */
export interface OnnxGraph {
  /** Each after those whose values it takes. */
  readonly nodes: readonly GraphNode[];
  readonly constants: readonly Constant[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}

function attributeMessage(name: string, value: Attribute): Message {
  const message = new Message().text(1, name);
  if (typeof value === "string") return message.text(4, value).integer(20, 3);
  if (typeof value === "number") return message.integer(3, value).integer(20, 2);
  if ("float" in value) return message.float(2, value.float).integer(20, 1);
  return message.integers(8, value).integer(20, 7);
}

function nodeMessage({ operator, inputs, output, attributes }: GraphNode): Message {
  const message = new Message();
  for (const input of inputs) message.text(1, input);
  message.text(2, output).text(3, output).text(4, operator);
  for (const [name, value] of Object.entries(attributes)) message.message(5, attributeMessage(name, value));
  return message;
}

function constantMessage({ name, type, shape, data }: Constant): Message {
  return new Message().integers(1, shape).integer(2, elementTypes[type]).text(8, name).bytes(9, data);
}

function valueMessage({ name, type, shape }: GraphValue): Message {
  const axes = new Message();
  for (const length of shape) {
    const axis = typeof length === "number" ? new Message().integer(1, length) : new Message().text(2, length);
    axes.message(1, axis);
  }
  const tensor = new Message().integer(1, elementTypes[type]).message(2, axes);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}

/**
 * A file's bytes, in order, for `writeFileAtomic`; equal graphs give equal bytes.
 * @param metadata what stands beside the graph
 */
export function encodeModel(
  { nodes, constants, inputs, outputs }: OnnxGraph,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const graph = new Message();
  for (const one of nodes) graph.message(1, nodeMessage(one));
  graph.text(2, "dimseg");
  for (const one of constants) graph.message(5, constantMessage(one));
  for (const one of inputs) graph.message(11, valueMessage(one));
  for (const one of outputs) graph.message(12, valueMessage(one));
  const model = new Message().integer(1, irVersion).text(2, "dimseg").text(3, packageVersion()).message(7, graph);
  model.message(8, new Message().integer(2, opset));
  for (const [key, value] of Object.entries(metadata)) model.message(14, new Message().text(1, key).text(2, value));
  return model.chunks();
}

const decoder = new TextDecoder();

/**
 * What a file says of itself beside its graph.
 * @param source the file's name, for messages
 * @throws CheckpointError when it is no ONNX file
 */
export function readMetadata(file: Uint8Array, source: string): Map<string, string> {
  try {
    const metadata = new Map<string, string>();
    for (const { field, bytes } of fieldsWithBytes(file)) {
      if (field !== 14) continue;
      const entry = new Map([...fieldsWithBytes(bytes)].map((one) => [one.field, decoder.decode(one.bytes)]));
      metadata.set(entry.get(1) ?? "", entry.get(2) ?? "");
    }
    return metadata;
  } catch (cause) {
    throw new CheckpointError(`${source}: is no ONNX file: ${(cause as Error).message}; get a fresh copy of it`, {
      cause,
    });
  }
}
