/** The worked example of docs/add-a-method.md is the code that runs here, and it is short. */
import { describe, expect, it } from "vitest";
import type { MethodEntry } from "../../src/methods/index.js";
import { scope } from "../../src/torch/index.js";
import { expectWorkedExample } from "../support/worked-example.js";
import { entropyMinimisation } from "./example-entropy.js";
import { at, channelsOf, kinds, makeBatch, Training, withTraining } from "./support.js";

const entry = entropyMinimisation as unknown as MethodEntry;

it("is the one in the documentation: one short file and one line", () => {
  expectWorkedExample("add-a-method.md", "tests/methods/example-entropy.ts", "src/methods/registry.ts");
});

describe.each(kinds)("on %s targets", (kind) => {
  it.each(["none", "dim"] as const)("trains under %s and continues with the same bits", (optimizer) => {
    let [middle, wanted] = [new Map<string, Uint8Array>(), new Map<string, Uint8Array>()];
    withTraining(new Training(entry, kind, { optimizer }), (training) => {
      const reports = training.run(0, 2);
      middle = training.save();
      reports.push(...training.run(2, 3));
      wanted = training.save();
      for (const { nonFinite, terms } of reports) {
        expect(nonFinite).toBeUndefined();
        expect(terms.entropy).toBeGreaterThan(0);
        // Of K exclusive classes at most ln K; of one overlapping class at most ln 2.
        expect(terms.entropy).toBeLessThanOrEqual(Math.log(kind === "softmax" ? channelsOf(kind) : 2) + 1e-6);
      }
    });
    withTraining(new Training(entry, kind, { optimizer, seed: 77 }), (training) => {
      training.load(middle);
      training.run(2, 3);
      const got = training.save();
      for (const [file, bytes] of wanted) expect(Buffer.compare(got.get(file) as Uint8Array, bytes), file).toBe(0);
    });
  });

  it("adds the entropy with its weight, ramped", () => {
    withTraining(new Training(entry, kind, { options: { weight: 2 } }), (training) => {
      scope(() => {
        const prepared = training.method.prepare(makeBatch(kind, 1), at(7));
        const { task, terms } = prepared.evaluate({ updateRunningStatistics: false });
        expect(task.item()).toBeCloseTo(terms.sup.item() + 2 * prepared.rampUp * terms.entropy.item(), 5);
      });
    });
  });
});
