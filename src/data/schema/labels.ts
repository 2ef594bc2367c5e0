/** The `labels` of a data set: what the values of its masks mean. */
import { z } from "zod";
import { type classSchema, unknownClass } from "./classes.js";
import { colour, type Issue, level, name, oneOrMore } from "./words.js";

/** One class name, or several where classes overlap; `background` stands for no class. */
const classNames = z.union([name, z.array(name)]);

/** Grey values from one to another, both among them. */
const range = z
  .strictObject({ atLeast: level.optional(), atMost: level.optional() })
  .refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, "needs atLeast, atMost or both")
  .refine(({ atLeast = 0, atMost = 65535 }) => atLeast <= atMost, "has atLeast above atMost");

const ignoreText = "pixels that nobody labelled: left out of every loss and metric";

export const labelsSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("values").describe("each grey value (or palette index) stands for a class; others are errors"),
    map: z.record(z.string().regex(/^\d{1,5}$/, "must be a grey value 0 to 65535"), classNames),
    ignore: oneOrMore(level).optional().describe(`grey values of ${ignoreText}`),
  }),
  z.strictObject({
    kind: z.literal("thresholds").describe("a class is where the grey value lies in a range"),
    classes: z.record(name, range),
    ignore: z
      .union([range, z.array(range).min(1)], "must be a range such as {atLeast: 100, atMost: 150}, or a list of ranges")
      .optional()
      .describe(`ranges of grey values of ${ignoreText}`),
  }),
  z.strictObject({
    kind: z.literal("colours").describe("each RGB colour stands for a class; others are errors"),
    map: z.record(colour, classNames),
    nearest: z
      .boolean()
      .optional()
      .describe("true: other colours count as the nearest one that is named, not as errors"),
    ignore: oneOrMore(colour).optional().describe(`colours of ${ignoreText}`),
  }),
  z.strictObject({
    kind: z.literal("channels").describe("a class is where one colour channel has the value `equals`"),
    equals: level.default(255),
    classes: z.strictObject({ red: name.optional(), green: name.optional(), blue: name.optional() }),
  }),
  z.strictObject({
    kind: z.literal("files").describe("masksByClass: a pixel is of a file's class where the file is bright enough"),
    atLeast: level.min(1).default(1).describe("the least grey value that counts, as 128 for masks saved with loss"),
  }),
]);

export type LabelRule = z.output<typeof labelsSchema>;
/** A rule as a writer makes it. */
export type LabelRuleInput = z.input<typeof labelsSchema>;

/** Every class that the label rule names exists, and exclusive classes are named one at a time. */
export function checkLabelNames(
  target: string,
  classes: z.output<typeof classSchema>[],
  labels: LabelRule,
  issue: Issue,
): void {
  const names = classes.map((one) => one.name);
  const known = new Set([...names, "background"]);
  const check = (path: PropertyKey[], value: string | string[]) => {
    const list = typeof value === "string" ? [value] : value;
    for (const one of list) if (!known.has(one)) issue(path, unknownClass(one, names));
    if (target === "softmax" && list.length !== 1) issue(path, "must name exactly one class with target: softmax");
  };
  if (labels.kind === "values" || labels.kind === "colours") {
    for (const [key, value] of Object.entries(labels.map)) check(["labels", "map", key], value);
    checkIgnored(labels, issue);
  } else if (labels.kind === "thresholds")
    for (const key of Object.keys(labels.classes)) check(["labels", "classes", key], key);
  else if (labels.kind === "channels")
    for (const [key, value] of Object.entries(labels.classes))
      if (value !== undefined) check(["labels", "classes", key], value);
}

/** No value or colour is both a class and ignored. */
function checkIgnored({ map, ignore = [] }: Extract<LabelRule, { kind: "values" | "colours" }>, issue: Issue): void {
  // "01" is 1, and colours are written in either case.
  const plain = (key: string | number) =>
    String(key)
      .toLowerCase()
      .replace(/^0+(?=\d)/, "");
  const mapped = new Set(Object.keys(map).map(plain));
  for (const one of [ignore].flat())
    if (mapped.has(plain(one)))
      issue(["labels", "ignore"], `names ${one}, which labels.map gives to a class; keep one of them`);
}
