/** What empty masks mean for the numbers of a summary, in the words of every table that shows them. */
import { counted } from "../core/counted.js";
import type { DomainSummary, Estimate, EvaluationSummary } from "./summarise.js";

/** Stands after a mean to which cases belong that have the part in neither mask. */
export const emptyMark = "*";

/** Stands in place of a number that nobody could give. */
export const noValue = "–";

/** Whether there was nothing to judge, as for a part that no reference of the domain holds. */
export function hasNoValue({ values, undefinedValues }: Estimate): boolean {
  return values + undefinedValues === 0;
}

/** {@link emptyMark} where it belongs, else nothing. */
export function markOf({ emptyInBoth = {} }: Partial<Pick<DomainSummary, "emptyInBoth">>, part: string): string {
  return Object.hasOwn(emptyInBoth, part) ? emptyMark : "";
}

/** What the column of missed structures counts, before what else its table says. */
export const missedMeaning = "Missed: cases whose reference holds the part, and of which nothing at all was predicted";

/**
 * How many structures were missed, for the column of that name: cases whose reference has the part, without a pixel of it
 * predicted; of several parts or domains, all together.
 * @param part null: all parts
 */
export function missedText(domains: readonly Pick<DomainSummary, "missed">[], part: string | null): string {
  const counts = domains.flatMap(({ missed = {} }) =>
    Object.entries(missed).flatMap(([name, count]) => (part === null || part === name ? [count] : [])),
  );
  return counts.length === 0 ? noValue : String(counts.reduce((sum, count) => sum + count, 0));
}

type Judged = Pick<EvaluationSummary, "domains" | "gap">;

/** Which parts have no value where, and what the means make of it; none where every domain holds every part. */
export function absentPartsNote({ domains, gap }: Judged): string[] {
  const places = domains.flatMap(({ name, absentParts = [] }) =>
    absentParts.length === 0 ? [] : [`${absentParts.join(", ")} in ${name}`],
  );
  if (places.length === 0) return [];
  const labelled = domains.some((one) => one.labelled) && domains.length > 1;
  const over = gap
    ? "the gap is over the parts that the labelled domain and another one hold"
    : "there is no gap, as the labelled domain shares no part with another";
  return [
    `${noValue} No reference mask holds the part: ${places.join("; ")}. The means leave it out` +
      `${labelled ? `, and ${over}` : ""}.`,
  ];
}

function emptyNote({ domains }: Judged): string[] {
  const places = domains.flatMap(({ name, cases, emptyInBoth = {} }) =>
    Object.entries(emptyInBoth).map(([part, count]) => `${part} in ${count} of ${counted(cases, "case")} of ${name}`),
  );
  if (places.length === 0) return [];
  return [
    `${emptyMark} Counts cases in which neither mask holds the part, with the values that the convention gives them: ` +
      `${places.join("; ")}.`,
  ];
}

/** Sentences that belong under a table with the marks above; none where every reference holds every part. */
export function emptyMasksNotes(summary: Judged): string[] {
  return [...absentPartsNote(summary), ...emptyNote(summary)];
}
