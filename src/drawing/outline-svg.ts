/**
 * How outlines are drawn everywhere. Parts have the colours of Okabe & Ito (2008), which colour-blind readers tell
 * apart; without any colour, a prediction is a solid line with a dark rim and a reference a dashed one with a light rim.
 */
import { partColours } from "./colours.js";

export type OutlineKind = "prediction" | "reference";

export interface OutlineStyle {
  readonly kind: OutlineKind;
  /** Number of the part in the data set's order. */
  readonly part: number;
  /** Of a prediction, `#rrggbb`; that of the part's number unless given. */
  readonly colour?: string;
  /** What a line width of 1 is, in the picture's coordinates. */
  readonly unit: number;
  /** Line widths are CSS pixels at any zoom. */
  readonly screen?: boolean;
}

const lineWidth = 1.9;
const dash = [4.5, 3.5];
/** The reference lies beneath; its wider rim shows where a prediction agrees with it. */
const rims = {
  prediction: { colour: "#000000", opacity: 0.7, width: 3.3 },
  reference: { colour: "#ffffff", opacity: 0.85, width: 4.4 },
} as const;

const number = (value: number): string => String(Number(value.toFixed(2)));

/**
 * One outline as an SVG group with the classes `outline`, `prediction` or `reference`, and `part-N`.
 * @param path as `outlinePath` gives it; "" draws nothing
 */
export function outlineSvg(path: string, { kind, part, colour: own, unit, screen }: OutlineStyle): string {
  if (path === "") return "";
  const rim = rims[kind];
  const colour = kind === "reference" ? "#000000" : (own ?? partColours[part % partColours.length]);
  const dashes = kind === "reference" ? ` stroke-dasharray="${dash.map((one) => number(one * unit)).join(" ")}"` : "";
  const draw = (stroke: string, width: number, more: string) =>
    `<path d="${path}" fill="none" stroke-linejoin="round" stroke="${stroke}" stroke-width="${number(width * unit)}"${more}` +
    `${screen ? ' vector-effect="non-scaling-stroke"' : ""}/>`;
  return (
    `<g class="outline ${kind} part-${part}">${draw(rim.colour, rim.width, ` stroke-opacity="${rim.opacity}"`)}` +
    `${draw(colour, lineWidth, dashes)}</g>`
  );
}
