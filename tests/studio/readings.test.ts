/** What a person says of the values of masks becomes the classes and rules that are read. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import type { Inspection } from "../../src/data/inspect/inspect.js";
import { type DatasetFileInput, datasetSchema } from "../../src/data/schema.js";
import { readingsOf, shownReading } from "../../src/workflows/studio/preparation/readings.js";
import { renamed } from "../../src/workflows/studio/preparation/renamed.js";

const classes = [
  { index: 0, name: "background" },
  { index: 1, name: "class 1", colour: "#112233" },
  { index: 2, name: "class 2" },
];
const values = (map: Record<string, string>) => ({ kind: "values" as const, map });
const file: DatasetFileInput = {
  ...{ name: "eyes", target: "softmax", channels: 1, resize: { size: 32 }, classes },
  labels: values({ 0: "class 2", 128: "class 1", 255: "background" }),
  domains: [
    { name: "a", train: { images: "a/{id}.png", masks: "am/{id}.png" } },
    { name: "b", train: { images: "b/{id}.png", masks: "bm/{id}.png" } },
  ],
};

/** The description that is written, as it is read again. */
function written(changes: Partial<DatasetFileInput>, names: readonly string[], answer: number | null = null) {
  const inspection: Inspection = { file: { ...file, ...changes }, guesses: [], splits: [] };
  const { file: content } = renamed(inspection, { domains: ["A", "b"], names, answer }, "dataset.yaml");
  return datasetSchema.parse(content);
}

describe("names of values", () => {
  it("are shown value by value, and become classes with background first", () => {
    expect(shownReading(readingsOf(file)[0], null)).toEqual({
      ...{ means: null, named: "values" },
      rows: [
        { mark: "0", name: "class 2" },
        { mark: "128", name: "class 1" },
        { mark: "255", name: "background" },
      ],
    });
    const read = written({}, ["cup", " rim ", "background"]);
    expect(read.classes).toEqual([
      { index: 0, name: "background" },
      { index: 1, name: "rim", colour: "#112233" },
      { index: 2, name: "cup" },
    ]);
    expect(read.labels).toEqual(values({ 0: "cup", 128: "rim", 255: "background" }));
    expect(read.domains.map(({ name }) => name)).toEqual(["A", "b"]);
  });

  it("of one name are one class, and other values may be background", () => {
    const read = written({}, ["disc", "disc", "background"]);
    expect(read.classes.map(({ name }) => name)).toEqual(["background", "disc"]);
    expect(read.labels).toEqual(values({ 0: "disc", 128: "disc", 255: "background" }));
    const turned = written({}, ["background", "rim", "sclera"]);
    expect(turned.classes.map(({ name }) => name)).toEqual(["background", "sclera", "rim"]);
  });

  it("are refused where none is background, or nothing else is", () => {
    expect(() => written({}, ["cup", "rim", "outside"])).toThrow('name one of them "background"');
    expect(() => written({}, ["background", "background", "background"])).toThrow("at least one more class");
    expect(() => written({}, ["cup", "rim"])).toThrow(UsageError);
    expect(() => written({}, ["<b>", "rim", "background"])).toThrow("must begin with a letter");
  });

  it("reach the rules that domains have of their own, or are refused where they do not fit", () => {
    const own = (map: Record<string, string>) => ({
      domains: [file.domains[0], { ...file.domains[1], labels: values(map) }],
    });
    const read = written(own({ 7: "class 1", 9: "background" }), ["cup", "rim", "background"]);
    expect(read.domains[1].labels).toEqual(values({ 7: "rim", 9: "background" }));
    const two = values({ 0: "class 1", 128: "class 1", 255: "background" });
    expect(() => written({ ...own({ 7: "class 1" }), labels: two }, ["cup", "rim", "background"])).toThrow(
      "have a rule of their own for class 1",
    );
  });
});

describe("a question", () => {
  const question = {
    ask: "Which is it?",
    choices: [
      { means: "bright is the organ", classes: classes.slice(0, 2), labels: values({ 0: "background", 1: "class 1" }) },
      {
        ...{ means: "dark is the organ", classes: classes.slice(0, 2) },
        labels: values({ 0: "class 1", 1: "background" }),
        domains: { a: values({ 5: "class 1", 6: "background" }) },
      },
    ],
  };
  const asked = { question, classes: undefined, labels: undefined };

  it("is answered with names for the values of that answer", () => {
    expect(readingsOf({ ...file, ...asked }).length).toBe(2);
    const read = written(asked, ["organ", "background"], 2);
    expect(read.classes.map(({ name }) => name)).toEqual(["background", "organ"]);
    expect(read.labels).toEqual(values({ 0: "organ", 1: "background" }));
    expect(read.domains[0]).toMatchObject({ name: "A", labels: values({ 5: "organ", 6: "background" }) });
  });

  it("needs an answer", () => {
    expect(() => written(asked, ["organ", "background"])).toThrow("say which is right");
    expect(() => written(asked, ["organ", "background"], 3)).toThrow(UsageError);
  });
});

it("classes that lie in each other, or are told apart otherwise, are named one by one", () => {
  const nested: Partial<DatasetFileInput> = {
    target: "sigmoid",
    classes: [
      { index: 0, name: "cup", inside: "disc" },
      { index: 1, name: "disc" },
    ],
    labels: { kind: "values", map: { 0: ["cup", "disc"], 1: "disc", 2: "background" } },
  };
  expect(shownReading(readingsOf({ ...file, ...nested })[0], null)).toMatchObject({
    named: "classes",
    rows: [
      { mark: "0", name: "cup" },
      { mark: "0, 1", name: "disc" },
    ],
  });
  const read = written(nested, ["pit", "head"]);
  expect(read.classes).toMatchObject([{ name: "pit", inside: "head" }, { name: "head" }]);
  expect(read.labels).toMatchObject({ map: { 0: ["pit", "head"], 1: "head", 2: "background" } });
  expect(() => written(nested, ["disc", "disc"])).toThrow("name them apart");
});
