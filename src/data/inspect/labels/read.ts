/** What the masks of one domain mean, by what they show: the rules in their order (docs/data.md). */
import { hexOf } from "./coding.js";
import { readColours } from "./colours.js";
import { isBetween, mapKind, readLabelMap } from "./label-map.js";
import { readLevels } from "./levels.js";
import { areNumbers, byNumber, inOrder } from "./numbers.js";
import { middleOf } from "./peaks.js";
import type { MaskTally } from "./tally.js";
import { asked, choicesIf, known, listed, type Verdict } from "./verdict.js";

/** Masks of one value each: nothing shows what lies inside and what around. */
function readPlain({ coloured, values }: MaskTally): Verdict {
  const found = [...values.keys()];
  const [first, second] = found;
  if (found.length === 1 && first === 0) return { kind: "empty" };
  if (found.length > 2 && !coloured && areNumbers(found))
    return known(byNumber(found), true, "every mask holds one number alone");
  const write = coloured ? hexOf : String;
  const value = second ?? first;
  const other = second === undefined ? (value === 0 ? 255 : 0) : first;
  const both = (background: number, object: number) => {
    const { map } = inOrder([background, object]);
    return coloured ? { kind: "colours" as const, map, ignore: [], nearest: false } : inOrder([background, object]);
  };
  return asked(
    `Every mask holds one value alone (${listed(found.map(write))}). What does ${write(value)} mean?`,
    [
      { means: `${write(value)} is the object, which fills these masks`, coding: both(other, value) },
      { means: `${write(value)} is the background, and these masks are empty`, coding: both(value, other) },
    ].map((choice) => ({ ...choice, numbered: false, because: "every mask holds one value alone" })),
  );
}

/** Numbers of objects, as instance masks have: each object another one. */
function askObjects({ values }: MaskTally): Verdict {
  const found = [...values.keys()];
  const background = found[0];
  return asked(
    `The masks hold ${found.length} values, each with areas of its own, from ${background} to ${found.at(-1)}. What do they mean?`,
    [
      {
        means: `they number objects of one class, and ${background} is the background`,
        coding: { kind: "levels", limits: [middleOf(background, found[1])], classes: [0, 1] },
        numbered: false,
        because: "the values number objects",
      },
      {
        means: "each of them is a class",
        coding: found.length <= 255 ? inOrder(found) : inOrder(found.slice(0, 255)),
        numbered: false,
        because: "each value is a class",
      },
    ],
  );
}

/** One or two grey values lie on borders only: smoothing, or thin classes. */
function askRims(tally: MaskTally): Verdict {
  const rims = [...tally.values].filter(([, facts]) => isBetween(facts)).map(([value]) => value);
  const choices = [
    { means: `${listed(rims)} came from smoothed borders`, verdict: readLevels(tally) },
    {
      means: `${listed(rims)} ${rims.length > 1 ? "are classes" : "is a class"} of ${rims.length > 1 ? "their" : "its"} own`,
      verdict: readLabelMap(tally),
    },
  ];
  return asked(
    `What does ${listed(rims)} mean? It lies on borders only, between other values.`,
    choices.flatMap(({ means, verdict }) => choicesIf(means, verdict)),
  );
}

/** Understands the masks of one domain. @param tally of at least one mask */
export function readMasks(tally: MaskTally): Verdict {
  if ([...tally.values.values()].every(({ area }) => area === 0)) return readPlain(tally);
  if (tally.coloured) return readColours(tally);
  if (tally.lossy) return readLevels(tally);
  const kind = mapKind(tally);
  if (kind === "map") return readLabelMap(tally);
  if (kind === "smoothed") return readLevels(tally);
  return kind === "objects" ? askObjects(tally) : askRims(tally);
}
