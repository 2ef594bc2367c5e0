/** Between what the values of a graph lie, measured in ONNX Runtime: the graph itself answers with the ends of each. */
import type { Values } from "../../data/images/values.js";
import { encodeModel, type GraphNode, type OnnxGraph } from "./model-file.js";
import type { ValueRange } from "./quantise.js";
import { ModelSession } from "./runtime.js";

const ends = ["ReduceMin", "ReduceMax"] as const;
const endName = (operator: string, value: string) => `${operator}:${value}`;

/** A graph that also says the least and the greatest of some of its values. */
function tellingEnds(graph: OnnxGraph, values: readonly string[]): OnnxGraph {
  const nodes = values.flatMap((value) =>
    ends.map(
      (operator): GraphNode => ({
        ...{ operator, inputs: [value], output: endName(operator, value), attributes: { keepdims: 0 } },
      }),
    ),
  );
  const outputs = nodes.map(({ output: name }) => ({ name, type: "float32" as const, shape: [] }));
  return { ...graph, nodes: [...graph.nodes, ...nodes], outputs: [...graph.outputs, ...outputs] };
}

/** Asks a graph about pieces of images and remembers between what its values lay. */
export class RangeFinder {
  readonly ranges = new Map<string, ValueRange>();

  private constructor(
    private readonly session: ModelSession,
    private readonly values: readonly string[],
  ) {}

  /** @throws ResourceError when ONNX Runtime is not installed */
  static async open(graph: OnnxGraph, values: readonly string[], source: string): Promise<RangeFinder> {
    const file = Buffer.concat(encodeModel(tellingEnds(graph, values)));
    return new RangeFinder(await ModelSession.open(file, source), values);
  }

  /** Asks about one piece; as {@link ModelSession.ask}. @returns its probabilities */
  async see(image: Values, channels: number, sides: readonly number[]): Promise<Float32Array> {
    const said = await this.session.outputs(image, channels, sides);
    for (const value of this.values) {
      const [low, high] = ends.map((operator) => Number(said[endName(operator, value)].data[0]));
      const [least, greatest] = this.ranges.get(value) ?? [low, high];
      this.ranges.set(value, [Math.min(least, low), Math.max(greatest, high)]);
    }
    return said.probabilities.data as Float32Array;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
