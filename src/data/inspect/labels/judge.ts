/** The masks of every domain: read, counted, and understood by themselves. */
import { groupBy } from "../../../core/group-by.js";
import type { Case } from "../../case-files.js";
import { type DomainMasks, readDomainMasks } from "./masks.js";
import type { JudgedDomain } from "./propose.js";
import { readMasks } from "./read.js";

/** Some cases of a domain. */
export interface DomainCases {
  readonly domain: string;
  readonly cases: readonly Case[];
}

/**
 * Looks into the masks of every domain that has any.
 * @param guesses receives a sentence for every file that cannot be read or is no mask
 */
export async function readAllMasks(
  splits: readonly DomainCases[],
  guesses: string[],
): Promise<ReadonlyMap<string, DomainMasks>> {
  const masks = new Map<string, DomainMasks>();
  for (const [domain, ofDomain] of groupBy(splits, (one) => one.domain)) {
    const cases = ofDomain.map((one) => one.cases);
    const read = await readDomainMasks(cases, guesses);
    if (read) masks.set(domain, read);
  }
  return masks;
}

/** What the masks of a domain mean. Where they are no label map, palettes are read as the colours they show. */
async function judge(name: string, { tally, asColours }: DomainMasks): Promise<JudgedDomain> {
  const verdict = readMasks(tally);
  const isMap = verdict.kind === "known" && verdict.reading.coding.kind === "values";
  if (isMap || verdict.kind === "empty" || !asColours) return { name, tally, verdict };
  const colours = await asColours();
  return { name, tally: colours, verdict: readMasks(colours) };
}

/** What the masks of each domain mean. */
export async function judgeMasks(masks: ReadonlyMap<string, DomainMasks>): Promise<JudgedDomain[]> {
  const judged: JudgedDomain[] = [];
  for (const [name, one] of masks) judged.push(await judge(name, one));
  return judged;
}
