/** The grids of studies/ name only what exists, so that a study does not end in an error after a night. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { loadGrid } from "../../src/sweep/grid-file.js";
import { planSweep } from "../../src/sweep/plan.js";

const studies = fileURLToPath(new URL("../../studies", import.meta.url));
const files = readdirSync(studies, { recursive: true, encoding: "utf8" });
const grids = files.filter((name) => /grid-[^/]*\.yaml$/.test(name));
/** What settings there are is asked with one seed, of which nothing else is told. */
const searches = files.filter((name) => /search-[^/]*\.yaml$/.test(name));

it.each(grids)("%s is a sweep of at least three seeds, each run with settings of its own", (name) => {
  const { runs } = planSweep(loadGrid(join(studies, name)));
  expect(new Set(runs.map(({ seed }) => seed)).size).toBeGreaterThanOrEqual(3);
  const settings = runs.map(({ config }) => JSON.stringify(config));
  expect(new Set(settings).size).toBe(settings.length);
});

it.each(searches)("%s can be planned", (name) => {
  expect(planSweep(loadGrid(join(studies, name))).runs.length).toBeGreaterThan(0);
});
