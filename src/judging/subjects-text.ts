/** How many subjects and cases stand behind numbers, in words. */
import { counted } from "../core/counted.js";
import type { EvaluationSummary } from "./summarise.js";

/** How many cases of how many subjects. */
export interface CaseCounts {
  readonly cases: number;
  readonly subjects: number;
}

/** `5 subjects (40 cases)`; `40 cases` where every case is a subject of its own. */
export function subjectsText({ cases, subjects }: CaseCounts): string {
  return subjects === cases ? counted(cases, "case") : `${counted(subjects, "subject")} (${counted(cases, "case")})`;
}

/** Whether some subject has several cases. */
export function hasSubjects({ cases, subjects }: CaseCounts): boolean {
  return subjects < cases;
}

/** Why intervals are missing, one sentence; nothing where each domain has at least two subjects. */
export function singleSubjectNote({ domains }: Pick<EvaluationSummary, "domains">): string[] {
  const single = domains.filter(({ subjects }) => subjects === 1).map(({ name }) => name);
  if (single.length === 0) return [];
  return [
    `No interval is defined where a domain has a single subject, whose spread nobody knows: ${single.join(", ")}, and means over domains with ${single.length === 1 ? "it" : "one of them"}.`,
  ];
}
