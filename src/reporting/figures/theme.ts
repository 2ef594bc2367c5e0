/**
 * How all figures look: the ink takes the page's text colour (`currentColor`), so that one picture serves light and
 * dark pages; data colours are those of Okabe and Ito (2008), which colour-blind readers can tell apart.
 */
import type { Config } from "vega-lite";

/** Okabe-Ito without black and yellow, which vanish on dark and on light pages; strongest contrast first. */
export const dataColours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"] as const;

/** Width and height of a figure in CSS pixels: as wide as a phone's page, so that text keeps its size everywhere. */
export const figureWidth = 360;
export const plotHeight = 205;

const ink = "currentColor";

/** Lines after the colours are used up. */
const dashes = [
  [1, 0],
  [5, 2],
  [2, 2],
  [8, 2, 2, 2],
] as const;
const shapes = ["circle", "square", "triangle-up", "diamond"] as const;

/** Colour, dash and shape for each label; two labels never share all. */
export function groupScales(labels: readonly string[]) {
  const round = (i: number) => Math.floor(i / dataColours.length);
  return {
    colour: { domain: [...labels], range: labels.map((_, i) => dataColours[i % dataColours.length]) },
    dash: { domain: [...labels], range: labels.map((_, i) => [...dashes[round(i) % dashes.length]]) },
    shape: { domain: [...labels], range: labels.map((_, i) => shapes[round(i) % shapes.length]) },
  };
}

/** Least width of an axis of Dice, and what its ends are multiples of. */
const leastDiceRange = 0.1;
const diceStep = 0.05;

/** An axis that holds all values of Dice with a little room; never so short that its labels say the same. */
export function diceDomain(values: readonly number[]): [number, number] {
  const low = Math.floor((Math.min(...values) - diceStep / 5) / diceStep) * diceStep;
  const high = Math.ceil((Math.max(...values) + diceStep / 5) / diceStep) * diceStep;
  const from = Math.max(0, Math.min(low, 1 - leastDiceRange));
  return [from, Math.min(1, Math.max(high, from + leastDiceRange))];
}

/** Colour and shape for each domain. */
export function domainScale(labels: readonly string[]) {
  return {
    colour: { domain: [...labels], range: labels.map((_, i) => dataColours[i % dataColours.length]) },
    shape: { domain: [...labels], range: labels.map((_, i) => shapes[i % shapes.length]) },
  };
}

function legendColumns(labels: readonly string[]): number {
  const longest = Math.max(...labels.map((label) => label.length));
  return Math.max(1, Math.min(4, Math.floor(figureWidth / (7.5 * longest + 24))));
}

/**
 * A legend above the figure, in as many columns as fit.
 * @param among how many labels the whole report has; where that is one, no legend is needed
 */
export function legendAbove(labels: readonly string[], among: number = labels.length) {
  if (among < 2) return null;
  const columns = legendColumns(labels);
  return { orient: "top" as const, title: null, columns, labelLimit: figureWidth / columns - 24 };
}

/** Height that {@link legendAbove} takes, in CSS pixels. */
export function legendHeight(labels: readonly string[], among: number = labels.length): number {
  return among < 2 ? 0 : 12 + 16 * Math.ceil(labels.length / legendColumns(labels));
}

/** Width of names down the side of a figure, in CSS pixels. */
export const nameLimit = 178;

/** Passed to every specification as its `config`. */
export const figureConfig: Config = {
  background: "transparent",
  font: "sans-serif",
  aria: false,
  padding: 4,
  view: { stroke: null },
  axis: {
    labelColor: ink,
    titleColor: ink,
    domainColor: ink,
    tickColor: ink,
    gridColor: ink,
    gridOpacity: 0.13,
    domainOpacity: 0.45,
    tickOpacity: 0.45,
    tickSize: 4,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    labelLimit: 115,
  },
  legend: {
    labelColor: ink,
    titleColor: ink,
    labelFontSize: 12,
    symbolStrokeWidth: 2,
    symbolSize: 50,
    symbolOpacity: 1,
    columnPadding: 12,
    rowPadding: 2,
    offset: 6,
  },
  text: { color: ink },
  rule: { color: ink },
  title: { color: ink },
};

/** What the specifications of all figures begin with. */
export const figureBase = {
  $schema: "https://vega.github.io/schema/vega-lite/v6.json",
  config: figureConfig,
  width: figureWidth,
  height: plotHeight,
  autosize: { type: "fit", contains: "padding" },
} as const;
