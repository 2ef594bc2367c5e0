/** Small functions that much else relies on. */
import { expect, it } from "vitest";
import { groupBy } from "../../src/core/group-by.js";
import { outputOf } from "../../src/core/output-of.js";
import { sha256 } from "../../src/core/sha256.js";

it("groupBy keeps keys and values in order of appearance", () => {
  const groups = groupBy(["pear", "apple", "plum", "fig", "peach"], (word) => word[0]);
  expect([...groups]).toEqual([
    ["p", ["pear", "plum", "peach"]],
    ["a", ["apple"]],
    ["f", ["fig"]],
  ]);
  expect(groupBy([], () => 1).size).toBe(0);
  const key = {};
  expect(groupBy([1, 2], () => key).get(key)).toEqual([1, 2]);
});

it("outputOf gives what a program prints, each argument as it is, and nothing of its errors", () => {
  const script = "console.error('no'); console.log(process.argv[1])";
  expect(outputOf(process.execPath, "-e", script, "a b; $c")).toBe("a b; $c\n");
});

it("outputOf is empty for a program that is missing or fails", () => {
  expect(outputOf("/nowhere/program")).toBe("");
  expect(outputOf(process.execPath, "-e", "console.log('half'); process.exit(1)")).toBe("");
});

it("sha256 is that of FIPS 180-4 over all parts together, text as UTF-8", () => {
  const ofAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  expect(sha256("abc")).toBe(ofAbc);
  expect(sha256("a", new Uint8Array([98]), "c")).toBe(ofAbc);
  expect(sha256("é")).toBe(sha256(new Uint8Array([0xc3, 0xa9])));
  expect(sha256()).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});
