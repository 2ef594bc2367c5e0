/** DISAM and ESAM over the methods: losses of domains and samples add up as documented, train and resume, or are refused. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.js";
import { UsageError } from "../../src/core/errors.js";
import { type MethodEntry, type MethodName, methods } from "../../src/methods/index.js";
import { scope } from "../../src/torch/index.js";
import { at, kinds, makeBatch, Training, withTraining } from "./support.js";

const names = Object.keys(methods) as MethodName[];
/** Which methods give what the optimiser needs. */
const supported: Record<"disam" | "esam", MethodName[]> = {
  disam: ["midss", "fixmatch", "fixmatch-cutmix", "ust-run"],
  esam: ["supervised", "midss", "fixmatch", "fixmatch-cutmix", "mean-teacher", "ua-mt", "cps", "caussl"],
};
const optimizers = ["disam", "esam"] as const;
const pairs = optimizers.flatMap((optimizer) => names.map((name) => [optimizer, name] as const));
const possible = pairs.filter(([optimizer, name]) => supported[optimizer].includes(name));
const impossible = pairs.filter(([optimizer, name]) => !supported[optimizer].includes(name));

/** An evaluation in the middle of training, where every term has weight. */
function evaluated(name: MethodName, kind: (typeof kinds)[number], body: (training: Training) => void) {
  withTraining(new Training(name, kind), (training) => {
    training.run(0, 1);
    scope(() => body(training));
  });
}

describe.each(kinds)("%s", (kind) => {
  it.each(possible)("%s over %s is finite and continues with the same bits", (optimizer, name) => {
    let middle = new Map<string, Uint8Array>();
    let wanted = new Map<string, Uint8Array>();
    withTraining(new Training(name, kind, { optimizer }), (training) => {
      const first = training.run(0, 2);
      middle = training.save();
      const reports = [...first, ...training.run(2, 4)];
      for (const { nonFinite, task, perturbedTask, updateNorm } of reports) {
        expect(nonFinite).toBeUndefined();
        expect([task, perturbedTask, updateNorm].every(Number.isFinite)).toBe(true);
      }
      wanted = training.save();
    });
    withTraining(new Training(name, kind, { optimizer, seed: 77 }), (training) => {
      training.load(middle);
      training.run(2, 4);
      const got = training.save();
      for (const [file, bytes] of wanted) expect(Buffer.compare(got.get(file) as Uint8Array, bytes), file).toBe(0);
    });
  });

  it.each(supported.esam)(
    "%s: the loss over all samples is the task loss, over one that of the others removed",
    (name) => {
      evaluated(name, kind, (training) => {
        const prepared = training.method.prepare(makeBatch(kind, 5, { count: 3 }), at(7));
        const { task, perSample } = prepared.evaluate({ updateRunningStatistics: false });
        expect(perSample?.count).toBe(3);
        expect(perSample?.loss([0, 1, 2]).item()).toBeCloseTo(task.item(), 5);
        expect(perSample?.loss([2, 0, 1]).item()).toBeCloseTo(task.item(), 5);
        const [a, b] = [perSample?.loss([0]).item(), perSample?.loss([1]).item()];
        expect(a).toBeGreaterThan(0);
        expect(a).not.toBe(b);
      });
    },
  );

  it.each(["midss", "fixmatch"] as const)("%s: the domains' losses and the mixed ones make the task loss", (name) => {
    evaluated(name, kind, (training) => {
      const prepared = training.method.prepare(makeBatch(kind, 5), at(7));
      const { task, terms, perDomain = [] } = prepared.evaluate({ updateRunningStatistics: false });
      const [source, target] = perDomain.map((loss) => loss.item());
      const { rampUp } = prepared;
      expect(perDomain).toHaveLength(2);
      expect(rampUp).toBeGreaterThan(0.1);
      const rest = name === "midss" ? terms.ul.item() + terms.lu.item() + rampUp * target : target;
      expect(source + rampUp * rest).toBeCloseTo(task.item(), 5);
    });
  });
});

it.each(names)("%s says in its entry what its evaluations have", (name) => {
  withTraining(new Training(name, "softmax"), (training) => {
    scope(() => {
      const prepared = training.method.prepare(makeBatch("softmax", 1), at(7));
      const evaluation = prepared.evaluate({ updateRunningStatistics: false });
      const found = (["perDomain", "perSample"] as const).filter((part) => evaluation[part] !== undefined);
      const entry = methods[name] as unknown as MethodEntry;
      expect(entry.gives?.(entry.options.parse({})) ?? []).toEqual(found);
    });
  });
});

it.each(impossible)("%s over %s is refused with the reason", (optimizer, name) => {
  withTraining(new Training(name, "softmax", { optimizer }), (training) => {
    const reason = optimizer === "disam" ? /no loss per domain.* because / : /no loss per sample.* because /;
    expect(() => training.step(0)).toThrow(UsageError);
    expect(() => training.step(0)).toThrow(reason);
  });
});

it("disam is refused where MiDSS's parts leave no image of the target unmixed", () => {
  const options = { symGD: false };
  withTraining(new Training("midss", "softmax", { optimizer: "disam", options }), (training) => {
    expect(() => training.step(0)).toThrow(/no loss per domain/);
  });
});

describe("a configuration", () => {
  const config = (method: object, optimizer: object) =>
    parseConfig({ dataset: "d.yaml", labelled: { domain: "a", count: 1 }, method, optimizer });

  it.each(impossible)("with %s over %s is refused before anything is made", (optimizer, name) => {
    expect(() => config({ name }, { name: optimizer })).toThrow(UsageError);
    expect(() => config({ name }, { name: optimizer })).toThrow(
      `optimizer ${optimizer} needs a loss ${optimizer === "disam" ? "on each domain by itself" : "of each sample"}, which method ${name} does not have`,
    );
  });

  it("names the methods that would do, and passes what does not need them", () => {
    expect(() => config({ name: "midss", symGD: false }, { name: "disam" })).toThrow(
      "take method midss, fixmatch, fixmatch-cutmix, ust-run, or optimizer sam",
    );
    config({ name: "bcp" }, { name: "esam", gamma: 1 });
    config({ name: "supervised" }, { name: "disam", rho: 0 });
    for (const [optimizer, name] of possible) config({ name }, { name: optimizer });
  });
});
