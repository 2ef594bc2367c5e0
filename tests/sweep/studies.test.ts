/** The grids of studies/ name only what exists, so that a study does not end in an error after a night. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { loadGrid } from "../../src/sweep/grid-file.js";
import { planSweep } from "../../src/sweep/plan.js";

const studies = fileURLToPath(new URL("../../studies", import.meta.url));
const grids = readdirSync(studies, { recursive: true, encoding: "utf8" }).filter((name) =>
  /grid-[^/]*\.yaml$/.test(name),
);

it.each(grids)("%s is a sweep of at least three seeds, each run with settings of its own", (name) => {
  const { runs } = planSweep(loadGrid(join(studies, name)));
  expect(new Set(runs.map(({ seed }) => seed)).size).toBeGreaterThanOrEqual(3);
  const settings = runs.map(({ config }) => JSON.stringify(config));
  expect(new Set(settings).size).toBe(settings.length);
});
