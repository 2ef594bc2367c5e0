/** Each mistake in a YAML file is one sentence with the file, the line, the key and a remedy. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { DataError, UsageError } from "../../src/core/errors.js";
import { readValidatedYaml } from "../../src/core/formats/validated-yaml.js";
import { put, temporaryFolder } from "../data/files.js";
import { errorOf } from "../support/tensors.js";

const path = join(temporaryFolder(), "recipe.yaml");

const schema = z.strictObject({
  title: z.string(),
  oven: z.strictObject({ degrees: z.int().min(50).max(300), fan: z.boolean().default(false) }),
  steps: z.array(z.strictObject({ minutes: z.number().gt(0), what: z.enum(["mix", "bake", "cool"]) })).min(1),
  shape: z
    .discriminatedUnion("name", [
      z.strictObject({ name: z.literal("round"), diameter: z.number() }),
      z.strictObject({ name: z.literal("square"), side: z.number() }),
    ])
    .optional(),
});

/** Nine lines that follow the schema. */
const good = `title: bread
oven:
  degrees: 220
  fan: true
steps:
  - minutes: 10
    what: mix
  - minutes: 40
    what: bake
`;

/** The message about the good file with the first `old` in it replaced, without the file's own path. */
function complaint(old: string, changed: string): string {
  put(path, good.replace(old, changed));
  const error = errorOf(() => readValidatedYaml(path, schema));
  expect(error).toBeInstanceOf(UsageError);
  return error.message.replaceAll(path, "FILE");
}

describe("readValidatedYaml", () => {
  it("gives the content with the schema's defaults", () => {
    put(path, good.replace("  fan: true\n", ""));
    expect(readValidatedYaml(path, schema)).toEqual({
      title: "bread",
      oven: { degrees: 220, fan: false },
      steps: [
        { minutes: 10, what: "mix" },
        { minutes: 40, what: "bake" },
      ],
    });
  });

  it("checks what the transformation makes of the content", () => {
    put(path, good.replace("title: bread\n", ""));
    const withTitle = (content: unknown) => ({ title: "cake", ...(content as object) });
    expect(readValidatedYaml(path, schema, withTitle).title).toBe("cake");
  });

  it.each([
    ["a wrong value", "degrees: 220", "degrees: hot", 'line 3: oven.degrees is "hot"; it must be a number'],
    ["no whole number", "degrees: 220", "degrees: 22.5", "line 3: oven.degrees is 22.5; it must be a whole number"],
    ["a value left out", "degrees: 220", "degrees:", "line 3: oven.degrees is empty; it must be a number"],
    ["a number above its limit", "220", "301", "line 3: oven.degrees is 301; it must be at most 300"],
    ["a number at an open limit", "40", "0", "line 8: steps[1].minutes is 0; it must be above 0"],
    ["another type", "true", "loud", 'line 4: oven.fan is "loud"; it must be true or false'],
    ["a mistyped word", "what: bake", "what: bkae", 'line 9: steps[1].what is "bkae"; did you mean "bake"?'],
    [
      "a word like none",
      "what: bake",
      "what: photograph",
      'line 9: steps[1].what is "photograph"; the choices are mix, bake, cool',
    ],
    ["a missing key", "    what: bake\n", "", "line 8: steps[1].what is missing; the choices are mix, bake, cool"],
    [
      "a section that is a list",
      "oven:\n  degrees: 220\n  fan: true",
      "oven: [1]",
      "line 2: oven is [1]; it must be a section of keys",
    ],
  ])("names line and key of %s", (_, old, changed, want) => {
    expect(complaint(old, changed)).toBe(`FILE ${want}`);
  });

  it.each([
    [
      "the nearest key",
      "degrees:",
      "degres:",
      'FILE line 3: oven has an unknown key "degres"; did you mean "degrees"?',
    ],
    ["all keys where none is near", "  fan: true", "  fan: true\n  colour: red", "the keys here are degrees, fan"],
    ["no place at the top", "title:", "titel:", 'FILE: unknown key "titel"; did you mean "title"?'],
    ["keys of the entry of a list", "minutes: 40", "minuts: 40", 'line 8: steps[1] has an unknown key "minuts"'],
  ])("answers an unknown key with %s", (_, old, changed, want) => {
    expect(complaint(old, changed)).toContain(want);
  });

  it("tells of a mistyped key before the missing one that it stands for, and counts the rest", () => {
    expect(complaint("degrees: 220", "degres: 220")).toBe(
      'FILE line 3: oven has an unknown key "degres"; did you mean "degrees"? (and 1 further mistake)',
    );
    expect(complaint("title: bread", "colour: red")).toMatch(/unknown key "colour"; .* \(and 1 further mistake\)$/);
  });

  it("offers the keys of the branch that a name chose", () => {
    const shape = "shape: { name: square, diameter: 3, side: 2 }\n";
    expect(complaint("oven:", `${shape}oven:`)).toMatch(
      /line 2: shape has an unknown key "diameter"; the keys here are name, side$/,
    );
  });

  it("points at the line that is no YAML, and says what to try", () => {
    expect(complaint("  degrees: 220", "  degrees: [220")).toMatch(/^FILE line \d: is not valid YAML: /);
    expect(complaint("title: bread\n", "title: bread\n   oven: 3\n")).toMatch(
      /^FILE line 2: is not valid YAML: .*; check how far this line is indented$/,
    );
    expect(complaint("title: bread", "title: a: b")).toMatch(/^FILE line 1: .* quote a value that holds a colon$/);
  });

  it("says that a file is missing, and does not read one that is no configuration", () => {
    const missing = errorOf(() => readValidatedYaml(`${path}.missing`, schema));
    expect(missing).toBeInstanceOf(DataError);
    expect(missing.message).toMatch(/^cannot read .*recipe\.yaml\.missing: /);
    put(path, "#".repeat(4 * 1024 * 1024 + 1));
    expect(errorOf(() => readValidatedYaml(path, schema)).message).toMatch(
      /is larger than 4 MiB; put long lists of ids into text files/,
    );
  });

  it("names a key that stands twice, whatever its depth", () => {
    expect(complaint("  fan: true", "  degrees: 100")).toBe('FILE line 4: has the key "degrees" twice; keep one');
  });

  // Comparing each key with every other, this takes minutes.
  it("gets through a hundred thousand keys", () => {
    put(path, good + Array.from({ length: 100_000 }, (_, i) => `key${i}: ${i}\n`).join(""));
    const { message } = errorOf(() => readValidatedYaml(path, schema));
    expect(message).toMatch(/: unknown key "key0"; the keys here are title, oven, steps, shape$/);
  });

  it("refuses aliases that grow without end", () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}*l${i}]`);
    put(path, ["l0: &l0 [x]", ...levels].join("\n"));
    const error = errorOf(() => readValidatedYaml(path, schema));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(/cannot be expanded/);
  });
});
