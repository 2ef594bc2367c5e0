/** Values that gather around a few far from each other, as those of a picture that was lossy before it became a PNG. */
import type { MaskTally, ValueFacts } from "./tally.js";

/** Bunches have this share of the range free between them. */
const leastFree = 0.2;
/** A value beside a main one is noise if it has this share of its pixels, or lies this rarely inside an area. */
const strayShare = 0.02;
const noisyInner = 0.3;
/** A value is an area where this share of its pixels lies inside one. */
const leastInner = 0.05;

type Bunch = readonly (readonly [number, ValueFacts])[];

function bunchesOf({ values }: MaskTally): Bunch[] {
  const all = [...values];
  const range = all[all.length - 1][0] - all[0][0];
  const bunches: (readonly [number, ValueFacts])[][] = [];
  all.forEach((one, i) => {
    if (i === 0 || one[0] - all[i - 1][0] >= leastFree * range) bunches.push([]);
    bunches[bunches.length - 1].push(one);
  });
  return bunches;
}

/** The value that most pixels of a bunch have, and the others. */
function split(bunch: Bunch): { main: ValueFacts; others: ValueFacts[] } {
  const facts = bunch.map(([, one]) => one);
  const main = facts.reduce((best, one) => (one.count > best.count ? one : best));
  return { main, others: facts.filter((one) => one !== main) };
}

/**
 * Whether grey values bunch around main ones without being areas of their own. In the lowest bunch, where class numbers
 * lie, values are noise only if they are rare beside a bright area: 1 may be a tiny object.
 */
export function areBunched(tally: MaskTally): boolean {
  const [lowest, ...upper] = bunchesOf(tally).map(split);
  const noisy = ({ main, others }: ReturnType<typeof split>) =>
    others.every(({ count, inner }) => count <= strayShare * main.count || inner < noisyInner * count);
  const strays = upper.some(({ others }) => others.length > 0);
  if (upper.length === 0 || !upper.every(noisy)) return false;
  if (strays) return noisy(lowest);
  const brightest = upper[upper.length - 1].main;
  const rare = ({ count, inner }: ValueFacts) =>
    count <= strayShare * brightest.count &&
    inner < leastInner * count &&
    brightest.inner >= leastInner * brightest.count;
  return lowest.others.length > 0 && lowest.others.every(rare);
}
