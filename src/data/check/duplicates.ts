/** The same image or mask in several places: a leak between splits, a copy, or a wrong pair. */
import { groupBy } from "../../core/group-by.js";
import { type Case, caseName, type Dataset } from "../dataset.js";
import type { CaseFacts } from "./examine.js";
import { error, type Problem, warning } from "./problems.js";

function groups(facts: readonly CaseFacts[], hashOf: (one: CaseFacts) => string | undefined): CaseFacts[][] {
  const byHash = new Map<string, CaseFacts[]>();
  for (const one of facts) {
    const hash = hashOf(one);
    if (hash === undefined) continue;
    const group = byHash.get(hash);
    if (group) group.push(one);
    else byHash.set(hash, [one]);
  }
  return [...byHash.values()].filter((group) => group.length > 1);
}

function names(cases: readonly Case[]): string {
  const shown = cases.slice(0, 4).map(caseName).join(", ");
  return cases.length > 4 ? `${shown} and ${cases.length - 4} more` : shown;
}

/** Images that occur more than once, compared by their decoded pixels: an error where they cross train and test. */
export function repeatedImages(facts: readonly CaseFacts[]): Problem[] {
  return groups(facts, (one) => one.imageHash).map((group) => {
    const cases = group.map((one) => one.case);
    if (new Set(cases.map((one) => one.split)).size > 1)
      return error(`${names(cases)} are the same image in train and in test; keep it in one of them`);
    const several = new Set(cases.map((one) => one.domain)).size > 1 ? " in several domains" : "";
    return warning(`${names(cases)} are the same image${several}; keep one`);
  });
}

/** Images of which two modalities are equal: the files of one were taken for another's. */
export function equalChannels(
  facts: readonly CaseFacts[],
  { channelNames = [] }: Pick<Dataset, "channelNames">,
): Problem[] {
  const found = facts.flatMap(({ case: one, channelHashes = [] }) => {
    const [other] = channelHashes.flatMap((hash, i) => (channelHashes.indexOf(hash) < i ? [i] : []));
    if (other === undefined) return [];
    return [{ one, pair: `${channelNames[channelHashes.indexOf(channelHashes[other])]} and ${channelNames[other]}` }];
  });
  return [...groupBy(found, ({ pair }) => pair)].map(([pair, cases]) =>
    warning(
      `${names(cases.map(({ one }) => one))}: the channels ${pair} are equal; check that each has the files of its own`,
    ),
  );
}

/** Masks with foreground that are equal although their images differ: at most one of the pairs can be right. */
export function repeatedMasks(facts: readonly CaseFacts[]): Problem[] {
  return groups(facts, (one) => one.maskHash)
    .filter((group) => new Set(group.map((one) => one.imageHash)).size > 1)
    .map((group) => {
      const cases = group.map((one) => one.case);
      return warning(`${names(cases)} have the same mask but different images; check the pairs`);
    });
}
