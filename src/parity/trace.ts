/** Numbers of a case that add up over its steps. */
import type { Module } from "../nn/index.js";
import type { Tensor } from "../torch/index.js";
import type { Computed } from "./golden-case.js";

/** Collects values over iterations, in order. */
export class Trace {
  readonly values: Computed = new Map();

  add(name: string, value: Tensor | number | undefined): void {
    const trace = (this.values.get(name) as number[] | undefined) ?? [];
    this.values.set(name, trace);
    if (typeof value === "number") trace.push(value);
    else if (value) for (const number of value.toNumbers()) trace.push(number);
  }

  /** A network's final tensors, packed or one by one. */
  addNetwork(name: string, network: Module): void {
    const tensors = new Map([...network.stateDict()].map(([key, tensor]) => [key, tensor.toNumbers()]));
    this.values.set(name, tensors);
    for (const [key, values] of tensors) this.values.set(`${name}.${key}`, values);
  }
}
