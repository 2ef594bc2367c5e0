/** Which cases are shown, and in which order. */
import type { CaseOverview } from "../../../workflows/studio/shown/cases.js";

/** What is asked for. */
export interface CaseChoice {
  /** "": all domains. */
  readonly domain: string;
  readonly use: "" | CaseOverview["use"];
  readonly which: "all" | "doubtful" | "masked" | "unmasked" | "corrected";
  readonly order: "doubt" | "name";
  /** Part of a name. */
  readonly text: string;
}

/** Everything, the most doubtful first. */
export const wholeChoice: CaseChoice = { domain: "", use: "", which: "all", order: "doubt", text: "" };

const kinds: Record<CaseChoice["which"], (one: CaseOverview) => boolean> = {
  all: () => true,
  doubtful: ({ worst }) => worst?.doubtful === true,
  masked: ({ masked }) => masked,
  unmasked: ({ masked }) => !masked,
  corrected: ({ corrected, draft }) => corrected || draft,
};

/** By the lower end of the interval; those of which nothing is estimated last. */
function byDoubt(a: CaseOverview, b: CaseOverview): number {
  const low = ({ worst }: CaseOverview) => worst?.low ?? 2;
  const dice = ({ worst }: CaseOverview) => worst?.dice ?? -1;
  return low(a) - low(b) || dice(a) - dice(b);
}

/** The cases that are asked for, in their order. */
export function chooseCases(cases: readonly CaseOverview[], choice: CaseChoice): CaseOverview[] {
  const text = choice.text.trim().toLowerCase();
  const chosen = cases.filter(
    (one) =>
      (choice.domain === "" || one.domain === choice.domain) &&
      (choice.use === "" || one.use === choice.use) &&
      kinds[choice.which](one) &&
      (text === "" || one.name.toLowerCase().includes(text)),
  );
  return choice.order === "doubt" ? chosen.sort(byDoubt) : chosen;
}
