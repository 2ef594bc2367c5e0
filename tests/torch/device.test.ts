/** Devices: which are there, and the sentence about one that is not. */
import { expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { hasDevice, requireDevice, useDevice } from "../../src/torch/index.js";

it("knows the CPU, and no device of a number that no machine has", () => {
  expect(hasDevice("cpu")).toBe(true);
  expect(hasDevice("cuda:99")).toBe(false);
  expect(hasDevice("tpu")).toBe(false);
  expect(() => useDevice("cpu")).not.toThrow();
});

it("says what a setting takes, and what the engine sees", () => {
  expect(() => requireDevice("tpu")).toThrow(new UsageError('device is "tpu"; take cpu, cuda or cuda:N'));
  expect(() => requireDevice("mps", "training.device", "auto or cpu")).toThrow(
    'training.device is "mps"; take auto or cpu',
  );
  expect(() => useDevice("cuda:99")).toThrow(/^device is "cuda:99", but this engine sees \d+ CUDA devices; take cpu/);
});
