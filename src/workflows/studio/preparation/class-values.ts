/** What in masks stands for a class, in words. */
import type { LabelRuleInput } from "../../../data/schema.js";

/** @param labels of the data set */
export function classValues(labels: LabelRuleInput, name: string): string {
  switch (labels.kind) {
    case "values":
    case "colours":
      return Object.entries(labels.map)
        .filter(([, names]) => [names].flat().includes(name))
        .map(([value]) => value)
        .join(", ");
    case "thresholds": {
      const { atLeast, atMost } = labels.classes[name] ?? {};
      return [atLeast === undefined ? "" : `from ${atLeast}`, atMost === undefined ? "" : `up to ${atMost}`]
        .join(" ")
        .trim();
    }
    case "channels": {
      const found = Object.entries(labels.classes).find(([, own]) => own === name);
      return found ? `${found[0]} is ${labels.equals ?? 255}` : "";
    }
    case "files":
      return "files of its own";
  }
}
