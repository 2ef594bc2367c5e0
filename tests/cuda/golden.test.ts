/** The reference's numbers, computed on CUDA: the golden cases that run on tensors. */
import { basename, join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { checkCase, findCases } from "../../src/parity/run.js";
import { useDevice } from "../../src/torch/index.js";
import { describeCuda } from "./device.js";

const folder = join(import.meta.dirname, "..", "golden");
const kinds = ["augment", "dim_step", "divergence", "loss", "midss_step", "optimizer", "unet"];

describeCuda("golden cases on CUDA", () => {
  beforeAll(() => useDevice("cuda"));

  it.each(kinds)("%s", (kind) => {
    const failed = findCases(join(folder, kind)).flatMap((path) => {
      const failures = checkCase(path, "cuda").comparison?.failures ?? ["of unsupported kind"];
      return failures.length > 0 ? [[basename(path), ...failures.slice(0, 3)]] : [];
    });
    expect(failed).toEqual([]);
  });
});
