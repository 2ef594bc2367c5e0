/** Who makes and who takes each value of a finished graph, for what changes graphs; and constants as numbers. */
import type { Constant, ElementType, GraphNode, OnnxGraph } from "./model-file.js";

/** Where the values of a graph come from and go to. */
export interface Wiring {
  /** The node that makes a value; undefined for constants and what goes into the graph. */
  maker(value: string): GraphNode | undefined;
  /** The nodes that take a value, in order. */
  takers(value: string): readonly GraphNode[];
  /** The one node that takes a value, where it is an operator of this name and nobody else sees the value. */
  onlyTaker(value: string, operator: string): GraphNode | undefined;
}

/** Follows the values of a graph. */
export function wiringOf({ nodes, outputs }: Pick<OnnxGraph, "nodes" | "outputs">): Wiring {
  const makers = new Map(nodes.map((node) => [node.output, node]));
  const takers = new Map<string, GraphNode[]>();
  for (const node of nodes)
    for (const value of new Set(node.inputs)) takers.set(value, [...(takers.get(value) ?? []), node]);
  const seen = new Set(outputs.map(({ name }) => name));
  return {
    maker: (value) => makers.get(value),
    takers: (value) => takers.get(value) ?? [],
    onlyTaker(value, operator) {
      const [first, ...others] = takers.get(value) ?? [];
      return first?.operator === operator && others.length === 0 && !seen.has(value) ? first : undefined;
    },
  };
}

/** The numbers of a float32 constant. */
export function numbersOf({ data }: Constant): Float32Array {
  return new Float32Array(data.slice().buffer);
}

const arrays = { float32: Float32Array, uint8: Uint8Array, int8: Int8Array, int32: Int32Array } as const;

/** A constant of numbers; they are rounded to what its type holds. */
export function constantOf(
  name: string,
  type: ElementType & keyof typeof arrays,
  shape: readonly number[],
  values: ArrayLike<number>,
): Constant {
  return { name, type, shape, data: new Uint8Array(arrays[type].from(values).buffer) };
}

/** Constants that some node takes. */
export function usedConstants(nodes: readonly GraphNode[], constants: Iterable<Constant>): Constant[] {
  const taken = new Set(nodes.flatMap(({ inputs }) => inputs));
  return [...constants].filter(({ name }) => taken.has(name));
}
