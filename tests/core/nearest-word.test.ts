/** Hints for mistyped words. */
import { expect, it } from "vitest";
import { nearestWord } from "../../src/core/nearest-word.js";

it.each([
  ["roh", "rho"],
  ["lamda", "lambda"],
  ["FISHER", "fisher"],
  ["iteratoins", "iterations"],
])("takes %s for %s", (word, meant) => {
  expect(nearestWord(word, ["lambda", "rho", "fisher", "iterations"])).toBe(meant);
});

it("guesses nothing that is far away", () => {
  expect(nearestWord("dataset", ["rho", "inner"])).toBeUndefined();
  expect(nearestWord("nnunet", ["midss", "ss-net", "bcp"])).toBeUndefined();
  expect(nearestWord("resnet", ["unet"])).toBeUndefined();
  expect(nearestWord("export", ["report"])).toBeUndefined();
});
