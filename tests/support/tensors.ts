/** Helpers for tests that make tensors. */
import { expect, it } from "vitest";
import { liveTensors, scope, type Tensor } from "../../src/torch/index.js";

/** A test whose tensors are freed at its end and which must leave no others behind. */
export function tensorTest(name: string, body: () => void): void {
  it(name, () => {
    const before = liveTensors();
    scope(() => {
      body();
    });
    expect(liveTensors() - before, "tensors left alive").toBe(0);
  });
}

/** All values, row-major. */
export function numbers(tensor: Tensor): number[] {
  return [...tensor.toNumbers()];
}

/** Each value within `digits` decimals of the expected one. */
export function expectClose(got: Tensor | ArrayLike<number>, want: ArrayLike<number>, digits = 6): void {
  const values = "handle" in got ? got.toNumbers() : got;
  expect(values.length).toBe(want.length);
  for (let i = 0; i < want.length; i++) expect(values[i], `value ${i}`).toBeCloseTo(want[i], digits);
}

/** Each value within `absolute + relative·|expected|` of the expected one. */
export function expectRelative(
  got: Tensor | readonly number[],
  want: readonly number[],
  { absolute = 0, relative = 1e-6 } = {},
): void {
  const values = "handle" in got ? numbers(got) : got;
  expect(values).toHaveLength(want.length);
  values.forEach((value, i) => {
    const allowed = absolute + relative * Math.abs(want[i]);
    expect(Math.abs(value - want[i]), `value ${i}: got ${value}, want ${want[i]}`).toBeLessThanOrEqual(allowed);
  });
}

/** The error a function throws. */
export function errorOf(body: () => unknown): Error {
  try {
    body();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
