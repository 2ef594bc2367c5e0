/**
 * Golden numbers beyond the float64 run of tests/parity: the same cases in float32, which is what training uses, and
 * the first divergence of every DiM iteration, from stored weights and images.
 */
import { basename, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { divergence, domainDivergence } from "../../src/divergence/index.js";
import { compare } from "../../src/parity/compare.js";
import { GoldenCase } from "../../src/parity/golden-case.js";
import { divergence as divergenceKind } from "../../src/parity/kinds/divergence.js";
import { networkOf } from "../../src/parity/kinds/unet.js";
import { findCases } from "../../src/parity/run.js";
import { scope, setThreads } from "../../src/torch/index.js";
import { checkForLeaks } from "./support.js";

checkForLeaks();
// On tensors this small a second thread costs more than it does.
beforeAll(() => setThreads(1));

const golden = join(import.meta.dirname, "..", "golden");
const casesOf = (kind: string) => findCases(join(golden, kind)).map((path): [string, string] => [basename(path), path]);

describe("float32", () => {
  it.each(casesOf("divergence"))("%s", (_, path) => {
    scope(() => {
      const testCase = GoldenCase.read(path);
      const single: GoldenCase = Object.assign(Object.create(testCase), {
        tensor: (name: string) => testCase.tensor(name).to({ dtype: "float32" }),
      });
      const tolerance = { atol: 1e-5, rtol: 1e-4 };
      const computed = divergenceKind(single);
      expect(computed).not.toBeNull();
      const lenient: GoldenCase = Object.create(testCase, {
        description: { value: { ...testCase.description, tolerance } },
      });
      expect(compare(lenient, computed!).failures).toEqual([]);
    });
  });
});

describe("first divergence of a DiM iteration", () => {
  // With λ = 0 the reference skips the divergence and stores 0.
  const cases = casesOf("dim_step").filter(([, path]) => GoldenCase.read(path).params.lam > 0);

  it.each(cases)("%s", (_, path) => {
    scope(() => {
      const testCase = GoldenCase.read(path);
      const { f, scale, estimator, divForward: forward, tView, tauF, flavour: kind } = testCase.params;
      const network = networkOf(testCase);
      const image = (name: string) => testCase.tensor(name).select(0, 0).to({ dtype: "float32" }).div(127.5).sub(1);
      const [x, strong] = [image("x"), image("u_s")];
      const shared =
        forward === "shared"
          ? { source: { logits: network.forward(x) }, target: { logits: network.forward(strong) } }
          : undefined;
      const d = domainDivergence(estimator, { divergence: divergence(f), scale, kind, forward, tauF });
      const got = d.evaluate({ network, source: x, target: tView === "weak" ? image("u_w") : strong, shared }).item();
      const want = testCase.numbers("div")[0];
      const { atol, rtol } = testCase.description.outputTolerance.div ?? testCase.description.tolerance;
      expect(Math.abs(got - want), `got ${got}, want ${want}`).toBeLessThanOrEqual(atol + rtol * want);
      network.dispose();
    });
  });
});
