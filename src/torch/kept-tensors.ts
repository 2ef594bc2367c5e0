/** Tensors that outlive the step they were made in, by name: what an estimator or a method remembers between steps. */
import { persist } from "./scope.js";
import type { Tensor } from "./tensor.js";

/** Tensors by name, each a copy that this object owns. */
export class KeptTensors {
  private readonly tensors = new Map<string, Tensor>();

  /** Whether nothing is remembered. */
  get isEmpty(): boolean {
    return this.tensors.size === 0;
  }

  /** The tensor of that name; it stays owned by this object. */
  get(name: string): Tensor | undefined {
    return this.tensors.get(name);
  }

  /** Keeps a copy in place of what had that name. */
  set(name: string, value: Tensor): void {
    const copy = persist(value.clone());
    this.tensors.get(name)?.dispose();
    this.tensors.set(name, copy);
  }

  /** All of them by name, for a checkpoint; they stay owned by this object. */
  state(): Map<string, Tensor> {
    return new Map(this.tensors);
  }

  /** Replaces everything by copies of `state`. */
  load(state: ReadonlyMap<string, Tensor>): void {
    this.dispose();
    for (const [name, value] of state) this.set(name, value);
  }

  /** Frees and forgets all of them. */
  dispose(): void {
    for (const value of this.tensors.values()) value.dispose();
    this.tensors.clear();
  }
}
