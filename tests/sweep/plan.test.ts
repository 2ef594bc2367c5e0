/** A sweep is checked whole before it starts, and knows its own runs again. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { formatConfig, loadConfig } from "../../src/config/config.js";
import { UsageError } from "../../src/core/errors.js";
import { loadGrid } from "../../src/sweep/grid-file.js";
import { checkSameSettings, planSweep } from "../../src/sweep/plan.js";
import { put, temporaryFolder } from "../data/files.js";

const folder = temporaryFolder();
put(
  join(folder, "config.yaml"),
  stringify({
    dataset: "dataset.yaml",
    labelled: { domain: "a", count: 4, validation: 2 },
    method: { name: "midss" },
    optimizer: { name: "none" },
  }),
);

function plan(changes: Record<string, unknown>, assignments: string[] = []) {
  const grid = { base: "config.yaml", out: "runs", seeds: [1, 2], ...changes };
  return planSweep(loadGrid(put(join(folder, "grid.yaml"), stringify(grid))), assignments);
}

it("makes one folder for each run and seed, first seeds first", () => {
  const runs = [
    { name: "a b", set: { "optimizer.name": "sam" } },
    { name: "c", set: {} },
  ];
  const planned = plan({ runs }).runs;
  expect(planned.map(({ id }) => id)).toEqual(["a-b-seed1", "c-seed1", "a-b-seed2", "c-seed2"]);
  expect(planned[2].folder).toBe(join(folder, "runs", "a-b-seed2"));
  expect(planned[2].config).toMatchObject({ optimizer: { name: "sam" }, training: { seed: 2 } });
  expect(planned[2].config.dataset).toBe(join(folder, "dataset.yaml"));
});

it("applies what is set for all runs before what a run sets", () => {
  const runs = [{ name: "own", set: { "training.iterations": 7 } }, { name: "shared" }];
  const [own, shared] = plan({ runs, seeds: [1] }, ["training.iterations=5"]).runs;
  expect([own, shared].map(({ config }) => config.training.iterations)).toEqual([7, 5]);
});

it("refuses a configuration in place of a grid, and the other way round", () => {
  expect(() => loadGrid(join(folder, "config.yaml"))).toThrow(
    /config\.yaml: is a configuration, not a grid; name it under base: in a grid, or train it with `dimseg train`$/,
  );
  const grid = put(join(folder, "grid.yaml"), stringify({ base: "config.yaml", out: "runs", seeds: [1] }));
  expect(() => loadConfig(grid)).toThrow(/grid\.yaml: is a grid, not a configuration; run it with `dimseg sweep`$/);
});

it.each([
  [{ sedes: [1] }, /grid\.yaml: unknown key "sedes"; did you mean "seeds"\?/],
  [{ seeds: [] }, /seeds/],
  [{ grid: { "optimizer rho": [1] } }, /is no dotted key such as optimizer\.rho/],
  [{ runs: [{ name: "x", set: { "method.name": "nothing" } }] }, /run "x": --set method\.name="nothing": method\.name is "nothing"; the choices are/],
  [{ runs: [{ name: "x", set: { "training.seed": 3 } }] }, /run "x": sets training\.seed; list the seeds under seeds:/],
  [
    { runs: [{ name: "x", set: { "dataset.path": "d.yaml" } }] },
    /run "x": --set dataset\.path="d\.yaml": dataset is "dataset\.yaml", not a section of keys/,
  ],
  [
    { runs: [{ name: "a b" }, { name: "A-b" }] },
    /runs "a b" \(seed 1\) and "A-b" \(seed 1\) would share the folder A-b-seed1/,
  ],
  [{ seeds: [1, 1] }, /would share the folder config-seed1/],
  [{ runs: [{ name: "???" }] }, /no folder can be named after it/],
  [
    { runs: [{ name: "x", set: { "labelled.validation": 0 } }], evaluate: { checkpoints: ["best"] } },
    /asks for best, but labelled\.validation is 0/,
  ],
  [{ evaluate: { checkpoints: ["best-on-test"] } }, /set evaluation\.monitorTest: true/],
])("refuses %j", (changes, message) => {
  expect(() => plan(changes)).toThrow(UsageError);
  expect(() => plan(changes)).toThrow(message);
});

it("knows a run again whatever the machine chose, and refuses one with other settings", () => {
  const [run] = plan({ seeds: [1] }).runs;
  const stored = (training: object, rest: object = {}) =>
    put(
      join(run.folder, "config.yaml"),
      formatConfig({ ...run.config, ...rest, training: { ...run.config.training, ...training } }),
    );
  const chosen = { device: "cpu", precision: "bf16", memoryFormat: "channelsLast", threads: 3 } as const;
  expect(() => checkSameSettings(run, stored(chosen))).not.toThrow();
  expect(() => checkSameSettings(run, stored({ ...chosen, iterations: 9 }))).toThrow(
    /holds a run with training\.iterations: 9, but the grid says 30000; remove that folder or choose another one with --out/,
  );
  expect(() => checkSameSettings(run, stored(chosen, { optimizer: { name: "sam", rho: 0.05 } }))).toThrow(
    /optimizer\./,
  );
});

it("knows a run again whose grid asks for all labelled cases", () => {
  const [run] = plan({ seeds: [1], runs: [{ name: "x", set: { "labelled.count": "all" } }] }).runs;
  const labelled = { ...run.config.labelled, count: 12 };
  const stored = put(join(run.folder, "config.yaml"), formatConfig({ ...run.config, labelled }));
  expect(() => checkSameSettings(run, stored)).not.toThrow();
  put(join(run.folder, "config.yaml"), formatConfig({ ...run.config, labelled: { ...labelled, validation: 99 } }));
  expect(() => checkSameSettings(run, stored)).toThrow(/labelled\.validation/);
});
