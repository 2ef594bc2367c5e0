/** Where tests of CUDA run. */
import { describe } from "vitest";
import { hasDevice } from "../../src/torch/index.js";

/** The suite's tests, skipped where the engine sees no CUDA device. */
export const describeCuda = (name: string, body: () => void) =>
  describe.skipIf(!hasDevice("cuda"))(`${name} (needs a CUDA device)`, body);
