/** The splits that were found in a folder, with their cases. */
import type { Case, Split } from "../../case-files.js";
import { casesOf, type DomainInput } from "./split-input.js";

/** One split of one domain. */
export interface FoundSplit {
  readonly domain: string;
  readonly split: Split;
  readonly cases: readonly Case[];
}

export function splitsOf(domains: readonly DomainInput[], root: string): FoundSplit[] {
  return domains.flatMap((domain) =>
    (["train", "test"] as const).flatMap((split) => {
      const source = domain[split];
      return source ? [{ domain: domain.name, split, cases: casesOf(source, root, domain.name, split) }] : [];
    }),
  );
}
