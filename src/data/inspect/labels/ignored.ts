/** A value such as 255 beside class numbers: what nobody labelled, the same class in another hand, or one of its own. */
import { areNumbers, byNumber, inOrder } from "./numbers.js";
import type { MaskTally, ValueFacts } from "./tally.js";
import { asked, type Choice, known, listed, percent, type Verdict } from "./verdict.js";

/** What is drawn as a border has at most this share of its pixels farther from other values. */
const mostDeep = 0.1;
/** Regions that nobody labelled hold less of the masks that have any. */
const mostIgnored = 0.1;
/** Masks of one class in two hands show objects that differ in size by less than this factor. */
const alikeFactor = 4;

/** Whether a value is nowhere wider than a drawn border. */
export function isThin({ count, deep }: ValueFacts): boolean {
  return deep <= mostDeep * count;
}

/** Whether no mask holds both the value and a class number other than 0, while there are masks of either kind. */
function neverTogether({ sets }: MaskTally, value: number): boolean {
  const held = sets.map((set) => [set.includes(value), set.some((one) => one > 0 && one !== value)]);
  return held.every(([a, b]) => !(a && b)) && held.some(([a]) => a) && held.some(([, b]) => b);
}

/** Whether two values show objects of about the same size. */
function alike({ values }: MaskTally, a: number, b: number): boolean {
  const [one, other] = [a, b].map((value) => values.get(value) as ValueFacts).map(({ count, masks }) => count / masks);
  return one < alikeFactor * other && other < alikeFactor * one;
}

/**
 * Reads class numbers beside a value that may say that nobody labelled.
 * @param numbers from 0 up, at least two
 */
export function readIgnored(tally: MaskTally, numbers: readonly number[], value: number): Verdict {
  const facts = tally.values.get(value) as ValueFacts;
  const thin = isThin(facts);
  const numbered = areNumbers(numbers);
  const beside = `lies beside the numbers ${listed(numbers)}`;
  const shape = thin ? "only as a border" : "in small regions";
  const ignore: Choice = {
    means: `${value} marks what nobody labelled, to be left out of every loss and metric`,
    coding: numbered ? byNumber(numbers, [value]) : inOrder(numbers, [value]),
    numbered,
    because: `${value} ${beside} and ${shape}, as what nobody labelled is marked`,
  };
  const ofOwn: Choice = {
    means: `${value} is a class of its own`,
    coding: inOrder([...numbers, value]),
    numbered: false,
    because: `${value} ${beside}`,
  };
  if (numbers.length === 2 && neverTogether(tally, value)) {
    const number = numbers[1];
    const same: Choice = {
      means: `${value} and ${number} are the same class, written in two ways`,
      coding: {
        kind: "values",
        map: new Map([
          [0, 0],
          [number, 1],
          [value, 1],
        ]),
        ignore: [],
      },
      numbered: false,
      because: `no mask holds both ${number} and ${value}, so they are one class written in two ways`,
    };
    if (!thin && alike(tally, number, value)) return known(same.coding, false, same.because);
    return asked(`What does ${value} mean in the masks that do not hold ${number}?`, [same, ignore, ofOwn]);
  }
  const held = facts.count / facts.room;
  if (thin || held < mostIgnored) return known(ignore.coding, numbered, ignore.because);
  return asked(`What does ${value} mean? It ${beside} and has ${percent(held)} of the pixels where it occurs.`, [
    ignore,
    ofOwn,
  ]);
}
