/** The file of a plan: every reason above its key, and nothing but the choices as values. */
import { expect, it } from "vitest";
import { parse } from "yaml";
import { planYaml, valuesOf } from "../../src/planning/plan-yaml.js";

const choices = [
  { path: ["dataset"], value: "my data/dataset.yaml", reason: "relative to this file" },
  { path: ["labelled", "domain"], value: "0", reason: "a name that looks like a number" },
  { path: ["labelled", "count"], value: 7, reason: "seven" },
  { path: ["imageSize"], value: [96, 128], reason: "wide ".repeat(60).trim() },
  { path: ["training", "iterations"], value: 400, reason: "enough: # of steps" },
];

it("reads back as the choices", () => {
  const text = planYaml(choices, ["Planned.", "Warning: mind: this."]);
  const values = {
    ...{ dataset: "my data/dataset.yaml", labelled: { domain: "0", count: 7 } },
    ...{ imageSize: [96, 128], training: { iterations: 400 } },
  };
  expect(parse(text)).toEqual(values);
  expect(valuesOf(choices)).toEqual(values);
});

it("has the notes first and each reason in the lines above its key", () => {
  const lines = planYaml(choices, ["Planned.", "Warning: mind: this."]).split("\n");
  expect(lines.slice(0, 2)).toEqual(["# Planned.", "# Warning: mind: this."]);
  const before = (key: string) => {
    const at = lines.findIndex((line) => line.trimStart().startsWith(`${key}:`));
    const first = lines.findLastIndex((line, i) => i < at && !line.trimStart().startsWith("#")) + 1;
    return lines
      .slice(first, at)
      .map((line) => line.trimStart().replace(/^# ?/, ""))
      .filter((line) => line !== "")
      .join(" ");
  };
  expect(before("domain")).toBe("a name that looks like a number");
  expect(before("count")).toBe("seven");
  expect(before("imageSize")).toBe("wide ".repeat(60).trim());
  expect(before("iterations")).toBe("enough: # of steps");
  expect(before("dataset")).toMatch(/relative to this file$/);
  expect(lines.every((line) => line.length <= 120)).toBe(true);
});
