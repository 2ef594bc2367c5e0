/** What was understood of the masks, each guess in a sentence with its evidence. */
import { type Coding, codingText, hexOf } from "./coding.js";
import type { Plan, ReadDomain } from "./combine.js";
import { addTallies, type MaskTally } from "./tally.js";
import { listed } from "./verdict.js";

/** More values are counted, not listed. */
const mostListed = 24;

function heldText(coding: Coding, { values, coloured, lossy, masks }: MaskTally): string {
  const found = [...values.keys()].map(coloured ? hexOf : String);
  const what = coloured ? "colour" : "value";
  if (coding.kind === "levels" || found.length > mostListed) {
    const as = lossy ? ", as lossy masks do" : coding.kind === "values" ? "" : ", as soft or lossy masks do";
    return `${found.length} different ${what}s${as}`;
  }
  return masks > 0 && found.length === 1 ? `the ${what} ${found[0]}` : `the ${what}s ${found.join(", ")}`;
}

function sentence(coding: Coding, domains: readonly ReadDomain[], names: readonly string[]): string {
  const tally = addTallies(domains.map((one) => one.tally));
  const because = [...new Set(domains.map(({ reading }) => reading.because))].filter((one) => one !== "");
  const found = `masks hold ${heldText(coding, tally)}: ${codingText(coding, names)} (seen in ${tally.masks} masks)`;
  return [found, ...because.slice(0, 1)].join("; ");
}

/** Domains that one map reads although they hold other values. */
function severalCodes(coding: Coding, domains: readonly ReadDomain[]): string[] {
  if (coding.kind !== "values") return [];
  const codes = new Map<string, string[]>();
  for (const { name, reading } of domains) {
    if (reading.numbered || reading.coding.kind !== "values") continue;
    const code = [...reading.coding.map.keys()].sort((a, b) => a - b).join(", ");
    codes.set(code, [...(codes.get(code) ?? []), name]);
  }
  const numbered = domains.filter(({ reading }) => reading.numbered).map(({ name }) => name);
  const others = [...codes].map(([code, of]) => `${code} in ${of.join(", ")}`);
  const all = [
    ...(numbered.length > 0 && codes.size > 0 ? [`class numbers in ${numbered.join(", ")}`] : []),
    ...others,
  ];
  return all.length < 2
    ? []
    : [`masks hold ${listed(all)}; these do not contradict each other, so one map reads them all`];
}

/** How the domains of a plan are read. @param names of all classes, background first */
export function planText({ shared, own }: Plan, domains: readonly ReadDomain[], names: readonly string[]): string[] {
  const alike = domains.filter(({ name }) => !own.has(name));
  const others = domains.filter(({ name }) => own.has(name));
  return [
    ...(alike.length > 0 ? [sentence(shared, alike, names)] : []),
    ...severalCodes(shared, alike),
    ...others.map((one) => {
      const coding = own.get(one.name) as Coding;
      return `domain ${one.name} codes otherwise, so it has labels of its own: its ${sentence(coding, [one], names)}`;
    }),
  ];
}
