/** What a training configuration may say: defaults, presets, --set, and what is refused with which hint. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import {
  formatConfig,
  loadConfig,
  parseConfig,
  parseResolvedConfig,
  readResolvedConfig,
} from "../../src/config/config.js";
import { presets } from "../../src/config/presets.js";
import { methodOf } from "../../src/config/unlabelled.js";
import { DataError, UsageError } from "../../src/core/errors.js";
import { methods } from "../../src/methods/index.js";
import { minimizers } from "../../src/optim/index.js";

const folder = mkdtempSync(join(tmpdir(), "dimseg-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, "config.yaml");
const write = (content: unknown) =>
  writeFileSync(path, typeof content === "string" ? content : stringify(content as object));

/** The least a configuration says: everything else has a default. */
const minimal = {
  dataset: "data/dataset.yaml",
  labelled: { domain: "a", count: 4 },
  method: { name: "midss" },
  optimizer: { name: "dim" },
};

function load(content: unknown, ...assignments: string[]) {
  write(content);
  return loadConfig(path, assignments);
}

function refusal(content: unknown, ...assignments: string[]): string {
  try {
    load(content, ...assignments);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).not.toContain("\n");
    return (error as Error).message.replaceAll(path, "config.yaml");
  }
  throw new Error("nothing was refused");
}

describe("a minimal configuration", () => {
  it("resolves to the specification's defaults", () => {
    expect(load(minimal)).toMatchObject({
      labelled: { domain: "a", count: 4, validation: 0 },
      model: { name: "unet", width: 64 },
      method: { name: "midss", confidenceThreshold: 0.95, emaDecay: 0.99, diceMaskQuirk: true },
      optimizer: {
        name: "dim",
        inner: { name: "sam" },
        perturbWith: "total",
        rho: 0.5,
        rhoMode: "loss",
        startFraction: 0.7,
        perturb: "auto",
        lambda: 1,
        lambdaMode: "constant",
        divergence: { f: "kl", estimator: "restyled", forward: "joint", view: "weak", tau: 1 },
      },
      base: { name: "sgd", rate: 0.03, momentum: 0.9, weightDecay: 1e-4, nesterov: false },
      training: { iterations: 30000, labelledBatch: 4, unlabelledBatch: 4, seed: 1337, onNonFinite: "stop" },
      evaluation: { every: 500, convention: "midss", monitorTest: false },
    });
  });

  it("finds its data set beside the file, unless the path is absolute", () => {
    expect(load(minimal).dataset).toBe(join(folder, "data/dataset.yaml"));
    expect(load({ ...minimal, dataset: "/elsewhere/d.yaml" }).dataset).toBe("/elsewhere/d.yaml");
  });

  it("has no settings of methods and optimisers that it does not name", () => {
    const config = load({ ...minimal, method: { name: "supervised" }, optimizer: { name: "none" } });
    expect(config.method).toEqual({ name: "supervised" });
    expect(config.optimizer).not.toHaveProperty("rho");
  });

  for (const method of Object.keys(methods))
    for (const optimizer of ["none", "sam", "dim"])
      it(`may name ${method} under ${optimizer}`, () => {
        expect(load({ ...minimal, method: { name: method }, optimizer: { name: optimizer } })).toMatchObject({
          method: { name: method },
          optimizer: { name: optimizer },
        });
      });

  it.each(Object.keys(minimizers))("may name the optimiser %s", (name) => {
    expect(load({ ...minimal, optimizer: { name } }).optimizer.name).toBe(name);
  });
});

describe("model", () => {
  it("is the paper's U-Net where it names none, and has its own settings where it does", () => {
    expect(load({ ...minimal, model: { width: 8 } }).model).toEqual({ name: "unet", width: 8 });
    const vnet = { name: "vnet", width: 16, norm: "batch", residual: false };
    expect(load({ ...minimal, model: { name: "vnet" } }).model).toEqual(vnet);
  });

  it("refuses settings of other networks", () => {
    expect(() => load({ ...minimal, model: { name: "unet", residual: true } })).toThrow(/residual/);
    expect(() => load({ ...minimal, model: { name: "unet-3d", norm: "group" } })).toThrow(/norm/);
  });
});

describe("patch", () => {
  const deep = { ...minimal, model: { name: "unet-3d", width: 8 } };

  it("is of networks of volumes, a multiple of their strides along each axis", () => {
    expect(load({ ...deep, patch: [16, 64, 32] }).patch).toEqual([16, 64, 32]);
    expect(() => load({ ...deep, patch: [16, 60, 40] })).toThrow(
      /patch is \[16, 60, 40\]; its sides must be multiples of \[16, 16, 16\] for model unet-3d, such as \[16, 64, 48\]/,
    );
    expect(() => load({ ...minimal, patch: [16, 16, 16] })).toThrow(
      /patch is of volumes, and model unet sees pictures/,
    );
  });

  it("stands in place of imageSize and of profiles of pictures", () => {
    expect(() => load({ ...deep, imageSize: 64 })).toThrow(
      /imageSize \(of the file or its preset\) is of pictures, .* patch: \[slices, rows/,
    );
    expect(() => load({ ...deep, augmentation: { profile: "mri" } })).toThrow(
      /profile mri is of pictures, .* take auto/,
    );
    expect(() => load({ ...minimal, augmentation: { profile: "volume" } })).toThrow(/profile volume is of volumes/);
  });
});

describe("presets", () => {
  const own = { dataset: "d.yaml", labelled: { domain: "a" } };

  it.each([
    ["fundus", 256, 30000, 20, 64, "fundus"],
    ["prostate", 384, 60000, 40, 64, "mri"],
    ["mnms", 288, 60000, 20, 64, "mri"],
    ["small", 128, 2000, 10, 16, "auto"],
  ])("%s fills in what the file leaves out", (preset, imageSize, iterations, count, width, profile) => {
    expect(load({ preset, ...own })).toMatchObject({
      preset,
      imageSize,
      labelled: { domain: "a", count },
      model: { name: "unet", width },
      method: { name: "midss" },
      optimizer: { name: "dim" },
      base: { rate: 0.03, momentum: 0.9, weightDecay: 1e-4 },
      augmentation: { profile },
      training: { iterations },
    });
  });

  it.each([
    ["la", [80, 112, 112], 17000, 16, 4],
    ["pancreas", [96, 96, 96], 17000, 12, 4],
  ])("%s has V-Net, BCP and its rates", (preset, patch, iterations, count, batch) => {
    expect(load({ preset, ...own })).toMatchObject({
      patch,
      labelled: { count },
      model: { name: "vnet", width: 16 },
      method: { name: "bcp", pretrainIterations: 2000 },
      optimizer: { name: "none" },
      base: { rate: 0.01, momentum: 0.9, weightDecay: 1e-4 },
      training: { iterations, labelledBatch: batch, unlabelledBatch: batch },
    });
  });

  it("acdc trains on slices, small-volumes on patches", () => {
    expect(load({ preset: "acdc", ...own })).toMatchObject({
      imageSize: 256,
      model: { name: "unet-ssl4mis", width: 16 },
      training: { iterations: 40000, labelledBatch: 12, unlabelledBatch: 12 },
    });
    expect(load({ preset: "small-volumes", ...own })).toMatchObject({
      patch: [32, 64, 64],
      model: { name: "unet-3d", width: 8 },
      method: { name: "midss" },
      optimizer: { name: "dim" },
    });
  });

  it("are all listed above", () =>
    expect(Object.keys(presets)).toEqual([
      ...["fundus", "prostate", "mnms", "la", "pancreas", "acdc", "small-volumes", "small"],
    ]));

  it("yield to the file, key by key", () => {
    const config = load({ preset: "small", ...own, labelled: { domain: "b", count: 7 }, base: { rate: 0.5 } });
    expect(config).toMatchObject({
      labelled: { domain: "b", count: 7, validation: 5 },
      base: { name: "sgd", rate: 0.5, momentum: 0.9 },
    });
  });

  it("leave a section alone that names another entry", () => {
    const config = load({ preset: "small", ...own, base: { name: "adamw" } });
    expect(config.base).toEqual({ name: "adamw", rate: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 });
  });
});

describe("--set", () => {
  it("has YAML's types, makes sections on the way, and wins over file and preset", () => {
    const file = { preset: "small", dataset: "d.yaml", labelled: { domain: "a" }, training: { seed: 1 } };
    const config = load(
      file,
      "training.seed=7",
      "base.rate=1e-2",
      "evaluation.monitorTest=true",
      "optimizer.divergence.f=kl",
      'labelled.domain="1"',
      "training.seed=8",
    );
    expect(config).toMatchObject({
      labelled: { domain: "1" },
      training: { seed: 8, iterations: 2000 },
      base: { rate: 0.01 },
      evaluation: { monitorTest: true },
      optimizer: { divergence: { f: "kl" } },
    });
  });

  it("may choose a preset", () => expect(load(minimal, "preset=small").imageSize).toBe(128));

  it("of another name drops the settings of the former one", () => {
    const file = { ...minimal, optimizer: { name: "dim", lambda: 0.5, perturbWith: "task" } };
    expect(load(file, "optimizer.name=sam", "optimizer.rho=.2").optimizer).toMatchObject({ name: "sam", rho: 0.2 });
    expect(load(file, "optimizer.name=dim").optimizer).toMatchObject({ name: "dim", lambda: 0.5 });
  });

  it("makes a section of what is absent or empty", () => {
    const file = { ...minimal, method: null };
    expect(load(file, "method.name=fixmatch", "method.confidenceThreshold=0.9").method).toMatchObject({
      name: "fixmatch",
      confidenceThreshold: 0.9,
    });
    expect(refusal("", "training.seed=7")).toContain("dataset is missing");
  });

  it("does not replace what is no section by one", () => {
    const sentence = (setting: string, path: string, value: string) =>
      `--set ${setting}: ${path} is ${value}, not a section of keys; set ${path} itself, or make it a section first`;
    const threshold = "method.confidenceThreshold=0.9";
    expect(refusal({ ...minimal, method: "fixmatch" }, threshold)).toBe(sentence(threshold, "method", '"fixmatch"'));
    expect(refusal(minimal, "method=fixmatch", threshold)).toBe(sentence(threshold, "method", '"fixmatch"'));
    expect(refusal(minimal, "optimizer.inner=sam", "optimizer.inner.rho=1")).toBe(
      sentence("optimizer.inner.rho=1", "optimizer.inner", '"sam"'),
    );
    expect(refusal({ ...minimal, base: [1] }, "base.rate=1")).toBe(sentence("base.rate=1", "base", "[1]"));
    expect(refusal("- 1", "training.seed=7")).toBe("config.yaml: is [1]; it must be a section of keys");
  });

  it.each([
    ["training.seed", "write it as key=value"],
    ["=5", "write it as key=value"],
    ["training..seed=5", "write it as key=value"],
    ["__proto__.x=1", "write it as key=value"],
    ["training.seed=[1,", "is not valid YAML"],
    ["training.sed=5", 'training has an unknown key "sed"; did you mean "seed"?'],
    ["training.seed=soon", "training.seed"],
    ["constructor.prototype.x=1", 'unknown key "constructor"'],
  ])("%s is refused", (assignment, message) => {
    expect(refusal(minimal, assignment)).toContain(message);
    expect({}).not.toHaveProperty("x");
  });
});

describe("refusals name line, key and remedy", () => {
  const yaml = stringify(minimal, { collectionStyle: "any" });
  const withLine = (line: string) => `${yaml}${line}\n`;
  const lines = yaml.trimEnd().split("\n").length;

  it.each<[string, unknown, string]>([
    [
      "a mistyped key",
      withLine("training: { iteratons: 5 }"),
      `config.yaml line ${lines + 1}: training has an unknown key "iteratons"; did you mean "iterations"?`,
    ],
    ["a mistyped section", withLine("trainig: {}"), 'config.yaml: unknown key "trainig"; did you mean "training"?'],
    [
      "a mistyped section that must be there",
      { ...minimal, labelled: undefined, labeled: minimal.labelled },
      'config.yaml: unknown key "labeled"; did you mean "labelled"? (and 1 further mistake)',
    ],
    [
      "the same where a preset has a part of it",
      { preset: "small", dataset: "d.yaml", labeled: { domain: "a" } },
      'config.yaml: unknown key "labeled"; did you mean "labelled"? (and 1 further mistake)',
    ],
    ["a key like no other", withLine("xyzzyxyzzy: 5"), "the keys here are preset, dataset, labelled, imageSize"],
    [
      "a mistyped setting of the optimiser",
      { ...minimal, optimizer: { name: "dim", lamda: 1 } },
      'optimizer has an unknown key "lamda"; did you mean "lambda"?',
    ],
    [
      "a mistyped setting two sections down",
      { ...minimal, optimizer: { name: "dim", divergence: { estimater: "critic" } } },
      'optimizer.divergence has an unknown key "estimater"; did you mean "estimator"?',
    ],
    [
      "a setting of another method",
      { ...minimal, method: { name: "supervised", emaDecay: 0.9 } },
      'method has an unknown key "emaDecay"; the keys here are name',
    ],
    [
      "a setting of another base optimiser",
      { ...minimal, base: { name: "adamw", momentum: 0.5 } },
      'base has an unknown key "momentum"; the keys here are name, rate, beta1, beta2, eps, weightDecay',
    ],
    ["a mistyped entry", { ...minimal, optimizer: { name: "dym" } }, 'optimizer.name is "dym"; did you mean "dim"?'],
    [
      "an entry like no other",
      { ...minimal, base: { name: "rmsprop" } },
      'base.name is "rmsprop"; the choices are sgd, adamw',
    ],
    ["an inherited property", { ...minimal, method: { name: "toString" } }, 'method.name is "toString"; the choices'],
    ["a section without its name", { ...minimal, method: {} }, "method.name is missing; the choices are midss, "],
    [
      "a mistyped choice",
      { ...minimal, optimizer: { name: "dim", divergence: { estimator: "featSoftMx" } } },
      'optimizer.divergence.estimator is "featSoftMx"; did you mean "featSoftmax"?',
    ],
    [
      "a mistyped setting of an estimator",
      { ...minimal, optimizer: { name: "dim", divergence: { estimator: { name: "critic", hiden: 8 } } } },
      'unknown key "hiden"; did you mean "hidden"?',
    ],
    [
      "a mistyped inner rule",
      { ...minimal, optimizer: { name: "dim", inner: "gsan" } },
      'optimizer.inner is "gsan"; did you mean "gsam"?',
    ],
    ["an unknown preset", { ...minimal, preset: "fundos" }, 'preset is "fundos"; did you mean "fundus"?'],
    ["a preset by inheritance", { ...minimal, preset: "toString" }, 'preset is "toString"; the choices are fundus'],
    ["a missing data set", { ...minimal, dataset: undefined }, "config.yaml: dataset is missing"],
    ["an empty file", "", "config.yaml: is empty; it must be a section of keys"],
    ["a list", "- 1", "config.yaml: "],
    [
      "a size that does not halve four times",
      { ...minimal, imageSize: 100 },
      "imageSize is 100; it must be a multiple of 16",
    ],
    ["no iterations", { ...minimal, training: { iterations: 0 } }, "training.iterations is 0; it must be at least 1"],
    ["no labels", { ...minimal, labelled: { domain: "a", count: 0 } }, "labelled.count is 0; it must be at least 1"],
    ["half a seed", { ...minimal, training: { seed: 1.5 } }, "training.seed is 1.5; it must be a whole number"],
    [
      "a word for a number",
      { ...minimal, training: { iterations: "many" } },
      'training.iterations is "many"; it must be a number',
    ],
    ["swapped letters", { ...minimal, optimizer: { name: "sam", roh: 0.1 } }, 'unknown key "roh"; did you mean "rho"?'],
    [
      "a threshold that always holds",
      { ...minimal, method: { name: "midss", confidenceThreshold: 0.5 } },
      "confidenceThreshold",
    ],
    [
      "the same key twice",
      withLine("dataset: b.yaml"),
      `config.yaml line ${lines + 1}: has the key "dataset" twice; keep one`,
    ],
    [
      "a line that is indented too far",
      "dataset: d.yaml\nlabelled:\n  domain: a\n    count: 4\n",
      "config.yaml line 4: is not valid YAML: Nested mappings are not allowed in compact mappings; check how far this line is indented",
    ],
    [
      "two keys on a line",
      "dataset: d.yaml\nmethod: name: midss\n",
      "config.yaml line 2: is not valid YAML: Nested mappings are not allowed in compact mappings; write each key on a line of its own",
    ],
    ["a bracket left open", "a: [1", "is not valid YAML"],
    ["a polluting key", withLine("__proto__: { x: 1 }"), 'unknown key "__proto__"'],
  ])("%s", (_, content, message) => {
    expect(refusal(content)).toContain(message);
    expect({}).not.toHaveProperty("x");
  });

  it("a file that is not there is a matter of data", () => {
    expect(() => loadConfig(join(folder, "none.yaml"))).toThrow(DataError);
    expect(() => loadConfig(join(folder, "none.yaml"))).toThrow(/none\.yaml/);
  });
});

describe("mistakes beside the file", () => {
  it.each([
    [["labelled.count=0"], "--set labelled.count=0: labelled.count is 0; it must be at least 1"],
    [
      ["labelled={domain: a, count: -1}"],
      "--set labelled={domain: a, count: -1}: labelled.count is -1; it must be at least 1",
    ],
    [["labeled.count=3"], '--set labeled.count=3: unknown key "labeled"; did you mean "labelled"?'],
    [
      ["training.iteration=3"],
      '--set training.iteration=3: training has an unknown key "iteration"; did you mean "iterations"?',
    ],
    [["imageSize=96", "imageSize=100"], "--set imageSize=100: imageSize is 100; it must be a multiple of 16"],
    [["training.labelledBatch=2"], "--set training.labelledBatch=2: training.labelledBatch is 2 and"],
    [
      ['labelled.domain=["a","b"]'],
      '--set labelled.domain=["a","b"]: labelled.domain is ["a","b"]; labels come from one domain',
    ],
  ])("%j are blamed on what was set", (assignments, message) => {
    expect(refusal(minimal, ...assignments)).toContain(message);
  });

  it("the file's own stay with the file", () => {
    const wrong = { ...minimal, labelled: { domain: "a", count: 0 } };
    expect(refusal(wrong, "training.seed=3")).toMatch(/^config\.yaml line \d+: labelled\.count is 0/);
    expect(refusal({ ...minimal, labelled: { domain: ["a", "b"], count: 1 } })).toMatch(
      /^config\.yaml: labelled\.domain is/,
    );
    expect(refusal({ ...minimal, labelled: { domain: "a", count: "most" } })).toContain("labelled.count");
  });
});

it("all labelled cases may be asked for, and a run knows how many they are", () => {
  const wanted = load(minimal, "labelled.count=all");
  expect(wanted.labelled.count).toBe("all");
  expect(() => parseResolvedConfig(wanted, "a run")).toThrow(/^a run: labelled\.count/);
});

it("reads a run made by the former DiM as dim-features, and one of today as it is", () => {
  const { rho, rhoMode, ...former } = load(minimal).optimizer as Record<string, unknown>;
  const run = (optimizer: object) => parseResolvedConfig({ ...load(minimal), optimizer }, "a run").optimizer;
  expect([rho, rhoMode]).toEqual([0.5, "loss"]);
  expect(run(former).name).toBe("dim-features");
  expect(run({ ...former, rho: 0.1 }).name).toBe("dim-features");
  expect(run({ ...former, rho, rhoMode })).toEqual(load(minimal).optimizer);
});

it("reads a run of DiM that says nothing of statistics as one that keeps those of training", () => {
  const { training, ...others } = load(minimal);
  const { statistics, ...former } = training;
  const run = (own: object) => parseResolvedConfig({ ...others, training: own }, "a run").training.statistics;
  expect(statistics).toBe("auto");
  expect(run(former)).toBe("passes");
  expect(run(training)).toBe("auto");
});

it("reads a run of DiM that says nothing of thresholds as one that has one for all classes", () => {
  const { method, ...others } = load(minimal);
  const { thresholdByClass, ...former } = method as Record<string, unknown>;
  const run = (own: object) => parseResolvedConfig({ ...others, method: own }, "a run").method;
  expect(thresholdByClass).toBe("auto");
  expect(run(former)).toMatchObject({ thresholdByClass: false });
  expect(run(method)).toMatchObject({ thresholdByClass: "auto" });
  expect(run({ name: "bcp" })).not.toHaveProperty("thresholdByClass");
});

describe("combinations that make no sense", () => {
  const unequal = { labelledBatch: 2, unlabelledBatch: 4 };
  const shared = { name: "dim", divergence: { forward: "shared" } };

  it("different batches for a method that pairs images", () => {
    expect(refusal({ ...minimal, training: unequal })).toBe(
      "config.yaml: training.labelledBatch is 2 and training.unlabelledBatch 4; method midss pairs the images of both, " +
        "so make them equal",
    );
    expect(load({ ...minimal, method: { name: "supervised" }, training: unequal }).training).toMatchObject(unequal);
  });

  it("a divergence over passes that the method does not make", () => {
    const message = refusal({ ...minimal, method: { name: "supervised" }, optimizer: shared });
    expect(message).toContain("optimizer.divergence.forward: shared needs a method that passes unlabelled images");
    expect(load({ ...minimal, optimizer: shared }).optimizer).toMatchObject(shared);
  });

  it("also when they come from values", () => {
    expect(() => parseConfig({ ...minimal, training: unequal })).toThrow(/^configuration: training\.labelledBatch/);
    expect(() => parseConfig({ ...minimal, trainin: {} })).toThrow(/^configuration: unknown key "trainin"/);
  });
});

describe("a resolved configuration", () => {
  const roundTrip = (config: ReturnType<typeof load>) => {
    writeFileSync(path, formatConfig(config));
    return readResolvedConfig(path);
  };

  it.each(Object.keys(presets))("of preset %s is read back as it was", (preset) => {
    const config = load({ preset, dataset: "d.yaml", labelled: { domain: "a" } });
    expect(roundTrip(config)).toEqual(config);
    // Nothing is left to a preset that may change one day.
    expect(loadConfig(path)).toEqual(config);
  });

  it("of every method and optimiser is read back as it was, at any seed, rate and path", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(methods)),
        fc.constantFrom(...Object.keys(minimizers)),
        fc.maxSafeNat(),
        fc.double({ min: 1e-12, max: 10, noNaN: true }),
        fc.string({ minLength: 1 }),
        (method, optimizer, seed, rate, domain) => {
          // Every method goes with every other optimiser; these two need losses that some methods do not have.
          fc.pre((optimizer !== "disam" && optimizer !== "esam") || method === "midss");
          const config = parseConfig({
            ...minimal,
            labelled: { domain, count: 3 },
            method: { name: method },
            optimizer: { name: optimizer },
            base: { name: "sgd", rate },
            training: { seed },
          });
          expect(roundTrip(config)).toEqual(config);
        },
      ),
      { numRuns: 60 },
    );
  });
});

it("thresholds go by class with optimizer dim, and as they are asked for with any", () => {
  const own = (...set: string[]) => methodOf(load(minimal, ...set));
  expect(own("optimizer.name=dim")).toMatchObject({ thresholdByClass: true });
  expect(own("optimizer.name=sam")).toMatchObject({ thresholdByClass: false });
  expect(own("optimizer.name=dim", "method.thresholdByClass=false")).toMatchObject({ thresholdByClass: false });
  expect(own("optimizer.name=none", "method.thresholdByClass=true")).toMatchObject({ thresholdByClass: true });
  expect(own("method.name=mean-teacher")).not.toHaveProperty("thresholdByClass");
});
