/** Masks in colour: each colour that has areas is a class; what lies between them came from smoothing or loss. */
import { backgroundOf } from "./background.js";
import { type ColourCoding, hexOf } from "./coding.js";
import { isThin } from "./ignored.js";
import { askBackground, edgeText, isBetween, mapKind } from "./label-map.js";
import { brightOrDark } from "./levels.js";
import { channelsOf, colourDistance, edgeShare, type MaskTally } from "./tally.js";
import { asked, choicesIf, known, listed, percent, type Verdict } from "./verdict.js";

/** Colours nearer than this to a main colour count as it; 442 lie between black and white. */
const sameColour = 70;
/** A main colour holds this share of the smooth pixels outside the largest one, and this many. */
const leastShare = 0.02;
const leastMass = 8;
/** One without smooth pixels has so many in comparison. */
const drawnShare = 0.1;
const mostColours = 24;
/** Of masks, this share of the pixels lies near a main colour; of pictures less. */
const leastNear = 0.75;
/** Channels this near to an end of the scale are at it in masks that were saved with loss. */
const nearEnd = 14;

const black = 0;
/** The colours of borders that nobody labelled: white, and what Pascal VOC draws. */
const borderColours = [0xffffff, 0xe0e0c0];

function snapped(colour: number): number {
  const [red, green, blue] = channelsOf(colour).map((level) =>
    level <= nearEnd ? 0 : level >= 255 - nearEnd ? 255 : level,
  );
  return (red << 16) | (green << 8) | blue;
}

/** The colours around which smooth pixels gather. */
function mainColours({ values, lossy }: MaskTally): number[] {
  const mass = new Map<number, number>();
  for (const [colour, { smooth }] of [...values].sort((a, b) => b[1].smooth - a[1].smooth)) {
    if (smooth === 0) break;
    const near = [...mass.keys()].find((one) => colourDistance(one, colour) <= sameColour);
    if (near === undefined && mass.size > 4 * mostColours) continue;
    mass.set(near ?? colour, (mass.get(near ?? colour) ?? 0) + smooth);
  }
  const masses = [...mass.values()];
  const outside = masses.reduce((sum, one) => sum + one, 0) - Math.max(...masses);
  const least = Math.max(leastMass, leastShare * outside);
  const areas = [...mass].filter(([, one]) => one >= least).map(([colour]) => colour);
  // A thin border has no inside, but most of its pixels have one colour, which is no mixture of those around it.
  const often = Math.max(least, drawnShare * outside);
  const drawn = [...values].filter(([, facts]) => !lossy && facts.count >= often && !isBetween(facts));
  const main = [...areas, ...drawn.map(([colour]) => colour).filter((colour) => isApart(colour, areas))];
  return [...new Set(lossy ? main.map(snapped) : main)].sort((a, b) => a - b);
}

function isApart(colour: number, colours: readonly number[]): boolean {
  return colours.every((one) => colourDistance(one, colour) > sameColour);
}

function nearestOf(colours: readonly number[]): (colour: number) => number {
  return (colour) =>
    colours.reduce((best, one) => (colourDistance(one, colour) < colourDistance(best, colour) ? one : best));
}

function shareNear({ values }: MaskTally, colours: readonly number[]): number {
  let [near, all] = [0, 0];
  for (const [colour, { count }] of values) {
    all += count;
    if (colours.some((one) => colourDistance(one, colour) <= sameColour)) near += count;
  }
  return near / all;
}

/** The main colours, of which one that only draws borders around others is ignored. */
function readPalette(tally: MaskTally, colours: readonly number[], nearest: boolean, why: string): Verdict {
  const ignore = colours.filter((colour) => {
    const facts = tally.values.get(colour);
    return colours.length > 2 && borderColours.includes(colour) && !tally.lossy && facts && isThin(facts);
  });
  const main = colours.filter((colour) => !ignore.includes(colour));
  const edge = (colour: number) => edgeShare(tally, (one) => nearestOf(main)(one) === colour);
  const ordered = main.includes(black) ? main : [...main].sort((a, b) => edge(b) - edge(a));
  const found = backgroundOf(tally, ordered, nearestOf(main));
  const codingOf = (background: number): ColourCoding => {
    const classes = [background, ...main.filter((colour) => colour !== background)];
    return { kind: "colours", map: new Map(classes.map((colour, i) => [colour, i])), ignore, nearest };
  };
  if ("candidates" in found) return askBackground(found, codingOf, hexOf);
  const thin = ignore.map(
    (colour) => `${hexOf(colour)} is nowhere wider than a drawn border, as what nobody labelled is marked`,
  );
  return known(codingOf(found.value), false, why, edgeText(hexOf(found.value), found.edge), ...thin);
}

/**
 * Reads masks in colour.
 * @param tally of at least two colours
 */
export function readColours(tally: MaskTally): Verdict {
  const colours = [...tally.values.keys()];
  const kind = tally.lossy ? "smoothed" : mapKind(tally);
  if (kind === "map") return readPalette(tally, colours, false, "");
  const main = kind === "smoothed" ? mainColours(tally) : colours.filter((one) => !isBetween(tally.values.get(one)!));
  const near = main.length === 0 ? 0 : shareNear(tally, main);
  const why = `${percent(near)} of the pixels lie near these colours, the others between them`;
  if (kind === "objects" || main.length < 2 || main.length > mostColours || near < leastNear)
    return asked(
      `The masks hold ${colours.length} colours and look like pictures. What do they mean?`,
      brightOrDark(128),
    );
  if (kind === "smoothed") return readPalette(tally, main, true, why);
  return askRims(tally, colours, main, why);
}

/** One or two colours lie on borders only: smoothing, or thin classes. */
function askRims(tally: MaskTally, colours: readonly number[], main: readonly number[], why: string): Verdict {
  const rims = colours.filter((colour) => !main.includes(colour)).map(hexOf);
  const choices = [
    { means: `${listed(rims)} came from smoothed borders`, verdict: readPalette(tally, main, true, why) },
    { means: `${listed(rims)} is a class of its own`, verdict: readPalette(tally, colours, false, "") },
  ];
  return asked(
    `What does ${listed(rims)} mean? It lies on borders only, between other colours.`,
    choices.flatMap(({ means, verdict }) => choicesIf(means, verdict)),
  );
}
