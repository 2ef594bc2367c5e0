/** A graph that grows while a network runs: which value each tensor is, and the nodes that made it. */
import { UsageError } from "../../core/errors.js";
import { rawFromTensor, scope, type Tensor } from "../../torch/index.js";
import type { WeightName } from "../precision-names.js";
import { type Attribute, type Constant, type ElementType, elementNumber, type GraphNode } from "./model-file.js";

/** Nodes and constants so far. */
export class Graph {
  readonly nodes: GraphNode[] = [];
  private readonly values = new Map<number, string>();
  private readonly weights = new Map<string, Tensor>();
  private readonly kept = new Map<string, Constant>();
  private readonly counts = new Map<string, number>();

  /**
   * @param weights of the network, by PyTorch's names
   * @param stored  as what the weights of convolutions are kept; all others are few
   * @param rank    axes of the image, batch and channels among them, and of all maps that are made of it
   */
  constructor(
    weights: ReadonlyMap<string, Tensor>,
    private readonly stored: WeightName,
    readonly rank: number,
  ) {
    for (const [name, tensor] of weights) {
      this.weights.set(name, tensor);
      this.values.set(tensor.handle, name);
    }
  }

  get constants(): Constant[] {
    return [...this.kept.values()];
  }

  /** Says which value a tensor is. */
  name(handle: number, value: string): void {
    this.values.set(handle, value);
  }

  /** A tensor's handle will be another's. */
  forget(handle: number): void {
    this.values.delete(handle);
  }

  /**
   * The value that a tensor is.
   * @throws UsageError when it came from outside the network and its input
   */
  value(handle: unknown, operator: string): string {
    const name = this.values.get(handle as number);
    if (name === undefined)
      throw new UsageError(
        `${operator} takes a tensor that is neither a weight nor made of the image, which ONNX cannot be told; make it a buffer of the network`,
      );
    const weight = this.weights.get(name);
    if (weight && !this.kept.has(name)) this.keep(name, weight);
    return name;
  }

  private keep(name: string, weight: Tensor): void {
    if (this.stored === "fp32" || weight.ndim === 1) {
      const { shape, data } = rawFromTensor(weight);
      this.kept.set(name, { name, type: "float32", shape, data });
      return;
    }
    const { shape, data } = scope(() => rawFromTensor(weight.to({ dtype: "float16" })));
    const half = `${name}_fp16`;
    this.kept.set(name, { name: half, type: "float16", shape, data });
    this.output(name, "Cast", [half], { to: elementNumber("float32") });
  }

  /** The shape of a weight. */
  shapeOf(name: string): readonly number[] {
    return this.weights.get(name)?.shape ?? [];
  }

  /** Whole numbers as a value: sizes, axes. */
  integers(values: readonly (number | bigint)[]): string {
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.constant(`int_${values.join("_")}`, "int64", [values.length], data);
  }

  /** One number everywhere, in single precision, as a value. @param shape empty for a scalar */
  filled(value: number, shape: readonly number[] = []): string {
    const count = shape.reduce((product, side) => product * side, 1);
    const data = new Uint8Array(new Float32Array(count).fill(value).buffer);
    return this.constant(`float_${[value, ...shape].join("_")}`, "float32", shape, data);
  }

  private constant(name: string, type: ElementType, shape: readonly number[], data: Uint8Array): string {
    this.kept.set(name, { name, type, shape, data });
    return name;
  }

  /** Adds an operator. @returns the value that it makes */
  node(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const count = (this.counts.get(operator) ?? 0) + 1;
    this.counts.set(operator, count);
    return this.output(`${operator}_${count}`, operator, inputs, attributes);
  }

  /** Adds an operator whose value has a name of its own. */
  output(
    output: string,
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    this.nodes.push({ operator, inputs, output, attributes });
    return output;
  }
}
