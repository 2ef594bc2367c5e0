/** Times in the words of a plan. */
import { expect, it } from "vitest";
import { minutesAre } from "../../src/planning/choices.js";
import { minutesText } from "../../src/planning/summary.js";

it("says how long something takes so that the word about may stand before it", () => {
  expect([0.001, 0.2, 0.74, 1, 20, 150].map(minutesText)).toEqual([
    ...["1 second", "12 seconds", "44 seconds", "a minute", "20 minutes", "3 hours"],
  ]);
});

it("says one minute where it is one", () => {
  expect([1, 0.5, 20].map(minutesAre)).toEqual(["1 minute is", "0.5 minutes are", "20 minutes are"]);
});
