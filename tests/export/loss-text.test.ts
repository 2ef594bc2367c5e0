import { expect, it } from "vitest";
import { lossText } from "../../src/export/loss-text.js";

it.each([
  [0.0123, 2, "1.23 points lost"],
  [-0.006, 2, "0.60 points gained"],
  [0, 2, "0.00 points lost"],
  [-0.00001, 2, "0.00 points lost"],
  [-0.00143, 3, "0.143 points gained"],
])("Dice of %s is said without signs", (lost, digits, text) => {
  expect(lossText(lost, digits)).toBe(text);
});
