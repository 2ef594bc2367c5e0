/** What runs warn of reaches who started a sweep: once a sentence, not what was there before, and never a flood. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Warnings } from "../../src/sweep/warnings.js";
import { temporaryFolder } from "../data/files.js";

const folder = temporaryFolder();

it("takes what is new of every log, a sentence once for all runs", () => {
  const [one, two] = [join(folder, "one.log"), join(folder, "two.log")];
  appendFileSync(one, "warning: of the last time\n");
  const warnings = new Warnings();
  warnings.follow("a", one);
  expect(warnings.take()).toEqual([]);
  appendFileSync(one, "decoding: 3/3\nwarning: no cup\nwarning: no");
  expect(warnings.take()).toEqual([{ run: "a", text: "no cup" }]);
  // The second run's log begins later, and evaluating follows training into the same one.
  warnings.follow("b", two);
  warnings.follow("a", one);
  appendFileSync(two, "warning: no cup\nwarning: 3 threads\n");
  appendFileSync(one, " disc\nnot a warning: this\n");
  expect(warnings.take()).toEqual([
    { run: "a", text: "no disc" },
    { run: "b", text: "3 threads" },
  ]);
  expect(warnings.take()).toEqual([]);
});

it("tells five of a run, and where the others are", () => {
  const log = join(folder, "many.log");
  const warnings = new Warnings();
  warnings.follow("a", log);
  appendFileSync(log, Array.from({ length: 9 }, (_, step) => `warning: step ${step}\n`).join(""));
  const texts = warnings.take().map(({ text }) => text);
  expect(texts).toEqual([0, 1, 2, 3, 4].map((step) => `step ${step}`).concat(`more in ${log}`));
  appendFileSync(log, "warning: step 9\n");
  expect(warnings.take()).toEqual([]);
});
