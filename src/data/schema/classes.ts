/** The `classes` of a data set. */
import { z } from "zod";
import { colour, type Issue, name } from "./words.js";

export const classSchema = z.strictObject({
  index: z.int().min(0).max(254).describe("softmax: class number, 0 is the background; sigmoid: output channel"),
  name,
  colour: colour.optional().describe("colour of overlays"),
  inside: name.optional().describe("sigmoid only: the class that contains this one, as disc contains cup"),
});

export const classesSchema = z.array(classSchema).min(1);

/** Overlapping classes that a pixel's code has room for, a bit each. */
export const mostOverlapping = 30;

/** A list of classes as a writer makes it. */
export type ClassesInput = z.input<typeof classesSchema>;

/** Class numbers are 0 … K−1 in order, names are unique and nesting names an existing class without a circle. */
export function checkClasses(target: string, classes: z.output<typeof classSchema>[], issue: Issue): void {
  const names = classes.map((one) => one.name);
  classes.forEach((one, i) => {
    if (one.index !== i) issue(["classes", i, "index"], `must be ${i}: classes are numbered 0, 1, … in order`);
    if (names.indexOf(one.name) !== i) issue(["classes", i, "name"], `"${one.name}" is used twice`);
    if (one.inside === undefined) return;
    if (target === "softmax") issue(["classes", i, "inside"], "is for target: sigmoid, where classes may overlap");
    else if (!names.includes(one.inside)) issue(["classes", i, "inside"], unknownClass(one.inside, names));
    let outer: string | undefined = one.inside;
    for (let steps = 0; outer !== undefined && steps <= classes.length; steps++) {
      if (outer === one.name) issue(["classes", i, "inside"], `makes "${one.name}" lie inside itself`);
      outer = outer === one.name ? undefined : classes.find((other) => other.name === outer)?.inside;
    }
  });
  if (target === "softmax" && classes.length < 2) issue(["classes"], "needs a background and at least one more class");
  if (target === "sigmoid" && classes.length > mostOverlapping)
    issue(["classes"], `holds more than ${mostOverlapping} overlapping classes`);
  if (target === "sigmoid" && names.includes("background"))
    issue(["classes"], "with target: sigmoid the background is no class; leave it out");
}

export function unknownClass(name: string, names: string[]): string {
  return `"${name}" is not a class; the classes are ${names.join(", ")}`;
}
