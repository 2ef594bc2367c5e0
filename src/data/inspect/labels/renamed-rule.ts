/** Rules for labels whose classes get other names. */
import type { LabelRuleInput } from "../../schema.js";

export type Rename = (name: string) => string;

/** The rule with other names of classes. */
export function renamedRule(rule: LabelRuleInput, rename: Rename): LabelRuleInput {
  switch (rule.kind) {
    case "values":
    case "colours": {
      const map = Object.entries(rule.map).map(([value, names]) => [
        value,
        typeof names === "string" ? rename(names) : names.map(rename),
      ]);
      return { ...rule, map: Object.fromEntries(map) };
    }
    case "thresholds":
      return { ...rule, classes: withKeys(rule.classes, rename) };
    case "channels": {
      const classes = Object.entries(rule.classes).map(([channel, name]) => [channel, name && rename(name)]);
      return { ...rule, classes: Object.fromEntries(classes) };
    }
    case "files":
      return rule;
  }
}

/** A record with other names. */
export function withKeys<T>(record: Readonly<Record<string, T>>, rename: Rename): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [rename(name), value]));
}
