/** Augmentation and loading reproduce Pillow, SciPy and MiDSS on the golden `augment` cases, mostly to the bit. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compare } from "../../src/parity/compare.js";
import { GoldenCase } from "../../src/parity/golden-case.js";
import { augment } from "../../src/parity/kinds/augment.js";
import { scope } from "../../src/torch/index.js";

const folder = fileURLToPath(new URL("../golden/augment/", import.meta.url));
const cases = readdirSync(folder).filter((file) => file.endsWith(".json"));

/** Outputs of floating-point arithmetic; every other output is compared exactly. */
const inexact = /^(dx|dy|y|blurred|blurred_u8)$/;

describe("golden augment cases", () => {
  it("are all here", () => {
    expect(cases.length).toBe(25);
  });

  it.each(cases)("%s holds within its tolerance, 8-bit results and labels exactly", (file) => {
    const golden = GoldenCase.read(folder + file);
    const computed = scope(() => augment(golden));
    expect(computed).not.toBeNull();
    expect(compare(golden, computed!).failures).toEqual([]);
    if (golden.params.op === "tpram" || golden.params.op === "gaussianBlur") return;
    for (const name of golden.outputNames.filter((output) => !inexact.test(output))) {
      expect(Array.from(computed!.get(name) as ArrayLike<number>), name).toEqual(Array.from(golden.numbers(name)));
    }
  });
});
