/** What the divergence tests share: every member of the family, exact tensors, finite differences, a leak check. */
import { afterEach, beforeEach, expect } from "vitest";
import { divergence, divergenceIds, type FDivergence } from "../../src/divergence/index.js";
import { grad, liveTensors, type NestedNumbers, type Tensor, tensor } from "../../src/torch/index.js";

/** Every id at its defaults, and further parameters of the two that have some. */
export const everyDivergence: readonly FDivergence[] = [
  ...divergenceIds.map((id) => divergence(id)),
  ...[-0.5, 0.3, 1.5, 2, 3].map((alpha) => divergence("alpha", { alpha })),
  ...[0.1, 0.7].map((pi) => divergence("wjs", { pi })),
];

/** All whose least value is 0. The GAN objective is left out: its f(1) = −2 ln 2, by definition. */
export const normalised = everyDivergence.filter(({ id }) => id !== "gan");

export const named = (family: readonly FDivergence[]): [string, FDivergence][] =>
  family.map((f) => [[f.id, ...Object.values(f.params)].join(" "), f]);

export const double = (values: NestedNumbers): Tensor => tensor(values, { dtype: "float64" });

/** Fails a test that leaves tensors behind. */
export function checkForLeaks(): void {
  let before = 0;
  beforeEach(() => {
    before = liveTensors();
  });
  afterEach(() => expect(liveTensors(), "live tensors").toBe(before));
}

/** Central differences of a scalar function of one vector. */
export function numericGradient(f: (x: Tensor) => Tensor, at: readonly number[], step = 1e-6): number[] {
  return at.map((_, i) => {
    const moved = (by: number) => f(double(at.map((value, j) => (j === i ? value + by : value)))).item();
    return (moved(step) - moved(-step)) / (2 * step);
  });
}

/** The engine's gradient of the same. */
export function exactGradient(f: (x: Tensor) => Tensor, at: readonly number[]): number[] {
  const x = double(at as number[]).requiresGrad_();
  return [...grad(f(x), [x])[0].toNumbers()];
}

export function expectClose(got: readonly number[], want: readonly number[], relative: number, absolute = 0): void {
  expect(got).toHaveLength(want.length);
  got.forEach((value, i) => {
    const allowed = absolute + relative * Math.abs(want[i]);
    expect(Math.abs(value - want[i]), `[${i}]: got ${value}, want ${want[i]}`).toBeLessThanOrEqual(allowed);
  });
}
