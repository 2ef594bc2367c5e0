/** Rules after inference, in words. */
import type { MaskRules, RuledClasses } from "../inference/rules.js";

function classesText(names: RuledClasses): string {
  return names === "all" ? "every class" : names.join(" and ");
}

/**
 * What rules do, in their order: `only the largest part of organ kept, holes of organ filled (26 neighbours)`.
 * @param unit of the least volume
 */
export function rulesText(rules: MaskRules, unit: "mm3" | "pixels"): string {
  const { keepLargest, minVolume, fillHoles, connectivity } = rules;
  const least = typeof minVolume === "object" ? Object.entries(minVolume) : [["every class", minVolume] as const];
  const done = [
    ...(keepLargest === undefined ? [] : [`only the largest part of ${classesText(keepLargest)} kept`]),
    ...least.flatMap(([of, size]) => (size === undefined ? [] : [`parts of ${of} under ${size} ${unit} removed`])),
    ...(fillHoles === undefined ? [] : [`holes of ${classesText(fillHoles)} filled`]),
  ];
  return `${done.join(", ")}${connectivity === undefined ? "" : ` (${connectivity} neighbours)`}`;
}

/** The rules that an evaluation was under; undefined where there were none. */
export function judgedRulesText(judged: {
  readonly slices?: string | undefined;
  readonly rules?: MaskRules | undefined;
}): string | undefined {
  return judged.rules && rulesText(judged.rules, judged.slices ? "mm3" : "pixels");
}
