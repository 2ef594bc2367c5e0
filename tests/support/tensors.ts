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

/** Each value within `digits` decimals of the expected one. */
export function expectClose(got: Tensor | ArrayLike<number>, want: ArrayLike<number>, digits = 6): void {
  const values = "handle" in got ? got.toNumbers() : got;
  expect(values.length).toBe(want.length);
  for (let i = 0; i < want.length; i++) expect(values[i], `value ${i}`).toBeCloseTo(want[i], digits);
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
