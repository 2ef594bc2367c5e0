/** What a sharpness-aware optimiser keeps from step to step beside its base optimiser, in the form it is saved in. */
import { CheckpointError } from "../../core/errors.js";
import { persist, type Tensor } from "../../torch/index.js";
import { blend_, type NamedParameters, restore, save } from "../parameter-list.js";
import { loadList } from "../sgd.js";

/** Names of what is kept: lists hold one tensor per parameter. */
export interface MemoryNames {
  lists?: readonly string[];
  numbers?: readonly string[];
}

/**
 * Lists of tensors and scalars that outlive a step, saved and resumed with the optimiser. What a step keeps takes effect
 * at its end, and not at all where a NaN or infinity ends it.
 */
export class Memory {
  private readonly lists = new Map<string, Tensor[]>();
  private readonly numbers = new Map<string, Tensor>();
  private pending: (() => void)[] = [];
  private readonly tensors: readonly Tensor[];

  constructor(
    parameters: NamedParameters,
    private readonly names: MemoryNames = {},
  ) {
    this.tensors = parameters.map(([, parameter]) => parameter);
  }

  /** Whether lists are among what is kept. */
  get keepsLists(): boolean {
    return (this.names.lists ?? []).length > 0;
  }

  /** The list kept under a name; undefined before the first {@link keepList}. Not to be changed. */
  list(name: string): readonly Tensor[] | undefined {
    return this.lists.get(name);
  }

  /** Ends a step: what it kept takes effect, or is forgotten. */
  endStep(succeeded: boolean): void {
    const changes = this.pending;
    this.pending = [];
    if (succeeded) for (const change of changes) change();
  }

  /** Keeps copies of the values, one tensor per parameter. */
  keepList(name: string, values: readonly Tensor[]): void {
    this.pending.push(() => this.setList(name, values));
  }

  private setList(name: string, values: readonly Tensor[]): void {
    const kept = this.lists.get(name);
    if (kept) restore(kept, values);
    else this.lists.set(name, save(values).map(persist));
  }

  /** Moves the list to decay·list + (1−decay)·values; keeps copies of the values when there is none yet. */
  blendList(name: string, values: readonly Tensor[], decay: number): void {
    const kept = this.lists.get(name);
    if (!kept) {
      this.keepList(name, values);
      return;
    }
    this.pending.push(() => blend_(kept, values, decay));
  }

  /** The float64 scalar kept under a name; undefined before the first {@link keepNumber}. */
  number(name: string): Tensor | undefined {
    return this.numbers.get(name);
  }

  /** Keeps a copy of a float64 scalar without gradient until the next one of that name. */
  keepNumber(name: string, value: Tensor): void {
    this.pending.push(() => this.setNumber(name, value));
  }

  private setNumber(name: string, value: Tensor): void {
    const kept = this.numbers.get(name);
    if (kept) kept.copy_(value);
    else this.numbers.set(name, persist(value.clone()));
  }

  /** Everything kept, by name; lists as `name.0`, `name.1`, …, numbers as float64 [1] of the caller's scope. */
  state(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const [name, list] of this.lists) for (const [i, value] of list.entries()) state.set(`${name}.${i}`, value);
    for (const [name, value] of this.numbers) state.set(name, value.reshape([1]));
    return state;
  }

  /** Takes over copies of a saved state. @throws CheckpointError for a name or shape that does not belong here */
  loadState(state: ReadonlyMap<string, Tensor>): void {
    const { lists = [], numbers = [] } = this.names;
    const known = new Set([...numbers, ...lists.flatMap((name) => this.tensors.map((_, i) => `${name}.${i}`))]);
    for (const name of state.keys()) {
      if (!known.has(name)) {
        throw new CheckpointError(
          `loadState: this optimiser keeps no "${name}"; the state was saved by another one, or for another network`,
        );
      }
    }
    const loaded = lists
      .filter((name) => state.has(`${name}.0`))
      .map((name) => [name, loadList(state, name, this.tensors)] as const);
    for (const list of this.lists.values()) for (const old of list) old.dispose();
    for (const old of this.numbers.values()) old.dispose();
    this.lists.clear();
    this.numbers.clear();
    for (const [name, list] of loaded) this.lists.set(name, list);
    for (const name of numbers) {
      const value = state.get(name);
      if (value) this.setNumber(name, value.reshape([]).to({ device: this.tensors[0].device }));
    }
  }
}
