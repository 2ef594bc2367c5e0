/** What the masks of one domain can mean: one way where they tell it, several where somebody has to say. */
import type { Coding } from "./coding.js";

/** One way to understand the masks. */
export interface Reading {
  readonly coding: Coding;
  /** Whether its values are class numbers, 0 for the background, and mean the same in every domain. */
  readonly numbered: boolean;
  /** Why it is likely, in a clause. */
  readonly because: string;
}

/** A way that somebody can choose. */
export interface Choice extends Reading {
  /** What is true if it is right, as in "write 1 if …". */
  readonly means: string;
}

export type Verdict =
  | { readonly kind: "known"; readonly reading: Reading }
  | { readonly kind: "asked"; readonly ask: string; readonly choices: readonly Choice[] }
  /** Every mask is empty, so any rule that knows the value reads them. */
  | { readonly kind: "empty" };

export function known(coding: Coding, numbered: boolean, ...because: readonly string[]): Verdict {
  return { kind: "known", reading: { coding, numbered, because: because.filter((one) => one !== "").join("; ") } };
}

/** A question; a single choice is none. */
export function asked(ask: string, choices: readonly Choice[]): Verdict {
  if (choices.length > 1) return { kind: "asked", ask, choices };
  const [{ means: _, ...reading }] = choices;
  return { kind: "known", reading };
}

/** The choices that a verdict leaves if something else is true as well. */
export function choicesIf(means: string, verdict: Verdict): Choice[] {
  if (verdict.kind === "known") return [{ means, ...verdict.reading }];
  return verdict.kind === "empty"
    ? []
    : verdict.choices.map((one) => ({ ...one, means: `${means}, and ${one.means}` }));
}

/** `98 %`; what is nearly all or nearly nothing is not rounded to it. */
export function percent(share: number): string {
  const rounded = Math.round(100 * share);
  if (rounded === 100 && share < 1) return "over 99 %";
  return rounded === 0 && share > 0 ? "under 1 %" : `${rounded} %`;
}

/** `0, 128 and 255`. */
export function listed(items: readonly (number | string)[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}
