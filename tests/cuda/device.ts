/** Where tests of CUDA run. */
import { describe } from "vitest";
import { engineInfo } from "../../src/torch/index.js";

/** The suite's tests, skipped where the engine sees no CUDA device. */
export const describeCuda = (name: string, body: () => void) =>
  describe.skipIf(engineInfo().cudaDevices === 0)(`${name} (needs a CUDA device)`, body);
