/** The few sentences that stand above a plan. */
import { counted } from "../core/counted.js";
import { type PlanFacts, percentText } from "./choices.js";
import { rungText } from "./ladder.js";

/** Minutes for people, behind the word about: seconds, whole minutes, hours from two on. */
export function minutesText(minutes: number): string {
  if (minutes < 0.75) return counted(Math.max(1, Math.round(60 * minutes)), "second");
  if (minutes < 1.5) return "a minute";
  if (minutes < 120) return `${Math.round(minutes)} minutes`;
  return `${Math.round(minutes / 60)} hours`;
}

/** How long the run will take, in all. */
export function durationText({ schedule, before }: PlanFacts): string {
  return minutesText((schedule.seconds + before) / 60);
}

/** What more time would buy, and what it would not. */
export function leftOut({ climb, method, schedule, before }: PlanFacts): string[] {
  const { next } = climb;
  const couldBeDim = method.method.name === "midss" && method.optimizer.name === "none";
  return [
    ...(next
      ? [`${rungText(next.rung)}: ${next.rung.needs} steps would take about ${minutesText(next.minutes + before / 60)}`]
      : []),
    ...(couldBeDim
      ? [`optimizer dim: as many steps would take about ${minutesText((dimWork * schedule.seconds + before) / 60)}`]
      : []),
  ];
}

/** A step of MiDSS with DiM in units of one without, by their passes (docs/method.md). */
const dimWork = 1.5;

/** What the data set is, in a sentence. */
export function dataText({ fingerprint, labels }: PlanFacts): string {
  const { domains } = fingerprint;
  const training = domains.reduce((sum, one) => sum + one.training, 0);
  const parts = labels.split.labelled.length;
  const shares = partShares(fingerprint.cases)
    .map((share) => percentText(share))
    .join(", ");
  return (
    `${counted(training, "training case")} of ${counted(domains.length, "domain")}, ${counted(parts, "label")} of ${labels.domain} ` +
    `to learn from; parts cover ${shares} of its images`
  );
}

/** Mean share of each part over the masks that count. */
export function partShares(cases: PlanFacts["fingerprint"]["cases"]): number[] {
  const masks = cases.flatMap(({ parts }) => (parts ? [parts] : []));
  if (masks.length === 0) return [];
  return masks[0].map((_, part) => masks.reduce((sum, parts) => sum + parts[part].share, 0) / masks.length);
}
