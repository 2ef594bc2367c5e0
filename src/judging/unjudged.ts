/** Domains of which nothing can be judged, with the images on which a network can be looked at all the same. */
import type { Case, Dataset, Split } from "../data/dataset.js";
import type { Unjudged } from "./about.js";

/** A domain without a mask in the split that is judged. */
export interface UnjudgedDomain {
  readonly domain: string;
  /** Those of the split that is judged; where it has none, those of the other one. */
  readonly cases: readonly Case[];
  /** Whether cases of the other split have masks. */
  readonly masksElsewhere: boolean;
}

const splits: readonly Split[] = ["train", "test"];

/** The domains that an evaluation of a split says nothing about, in the data set's order. */
export function unjudgedDomains({ domains }: Pick<Dataset, "domains">, judged: Split): UnjudgedDomain[] {
  const hasMask = ({ maskPath }: Case) => maskPath !== undefined;
  return domains.flatMap((domain) => {
    const own = domain.cases(judged);
    if (own.some(hasMask)) return [];
    const others = splits.filter((split) => split !== judged).flatMap((split) => domain.cases(split));
    const masksElsewhere = others.some(hasMask);
    return [{ domain: domain.name, cases: own.length > 0 ? own : others, masksElsewhere }];
  });
}

/** The same in numbers, as an evaluation keeps it. */
export function unjudgedFacts(dataset: Pick<Dataset, "domains">, judged: Split): Unjudged[] {
  return unjudgedDomains(dataset, judged).map(({ domain, cases, masksElsewhere }) => ({
    domain,
    images: cases.length,
    masksElsewhere,
  }));
}
