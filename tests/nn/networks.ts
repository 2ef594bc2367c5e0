/** Inputs and comparisons that the network tests share. */
import { expect } from "vitest";
import type { Module } from "../../src/nn/index.js";
import { arange, noGrad, scope, type Tensor } from "../../src/torch/index.js";
import { expectRelative, numbers } from "../support/tensors.js";

/** sin(0), sin(1), … in that shape. */
export function wave(shape: readonly number[]): Tensor {
  const count = shape.reduce((product, n) => product * n, 1);
  return arange(count, { dtype: "float32" }).sin().reshape(shape);
}

/** The first values and Σx² of a result, as PyTorch prints them for the same network. */
export interface Fingerprint {
  first: number[];
  energy: number;
}

/** Rounding differs between processors by far less than these tolerances. */
export function expectFingerprint(got: Tensor, { first, energy }: Fingerprint): void {
  scope(() => {
    const values = numbers(got.detach());
    expectRelative(values.slice(0, first.length), first, { absolute: 2e-5, relative: 2e-5 });
    expectRelative([values.reduce((sum, x) => sum + x * x, 0)], [energy], { relative: 2e-5 });
  });
}

/** All values of a module, to see later whether any changed. */
export function snapshot(module: Module): [string, number[]][] {
  return [...module.stateDict()].map(([name, tensor]) => [name, numbers(tensor)]);
}

export function expectUnchanged(module: Module, before: [string, number[]][]): void {
  expect(snapshot(module)).toEqual(before);
}

/** Gives every parameter and buffer other values, none of them special. */
export function disturb(module: Module): void {
  scope(() =>
    noGrad(() => {
      for (const tensor of module.stateDict().values()) tensor.mul_(0.9).add_(0.01);
    }),
  );
}
