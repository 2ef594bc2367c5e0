/** MiDSS's switches; the whole of it is in midss.test.ts and, against golden iterations, in tests/parity. */
import { expect, it } from "vitest";
import { midssRampUp } from "../../src/losses/index.js";
import { expectClose, tensorTest } from "../support/tensors.js";
import { at, kinds, makeBatch, Training, withTraining } from "./support.js";

for (const kind of kinds) {
  tensorTest(`each part adds its own losses, ${kind}`, () => {
    const evaluate = (options: Record<string, unknown>) => {
      let result: { task: number; terms: Record<string, number> } = { task: 0, terms: {} };
      const training = new Training("midss", kind, { options: { confidenceThreshold: 0.51, ...options } });
      withTraining(training, ({ method }) => {
        const { task, terms } = method.prepare(makeBatch(kind, 3), at(8)).evaluate({ updateRunningStatistics: false });
        const values = Object.entries(terms).map(([name, value]) => [name, value.item()]);
        result = { task: task.item(), terms: Object.fromEntries(values) };
      });
      return result;
    };
    const gamma = midssRampUp(8, 10);
    const whole = evaluate({});
    const { sup, ul, lu, s } = whole.terms;
    expectClose([whole.task], [sup + gamma * (ul + lu + gamma * s)]);

    const unguided = evaluate({ symGD: false });
    expect(unguided.terms).toEqual({ sup, ul, lu });
    expectClose([unguided.task], [sup + gamma * (ul + lu)]);

    const untransferred = evaluate({ tpRam: false });
    expect(untransferred.terms).toMatchObject({ sup, s });
    expect(untransferred.terms.ul).not.toBe(ul);

    const bare = evaluate({ ucp: false, symGD: false, tpRam: false });
    expect(Object.keys(bare.terms)).toEqual(["sup", "u"]);
    expectClose([bare.task], [sup + gamma * bare.terms.u]);
  });
}

it("refuses parts that need copy-paste images where there are none", () => {
  const create = (options: Record<string, unknown>) => new Training("midss", "softmax", { options });
  expect(() => create({ ucp: false })).toThrow(/symGD and tpRam .* set method.symGD: false and method.tpRam: false/);
  expect(() => create({ ucp: false, tpRam: false })).toThrow(/leaves symGD without/);
});
