/**
 * Draws outlines over a case's picture as SVG. Parts have the colours of Okabe & Ito (2008), which colour-blind readers
 * tell apart; without any colour, a prediction is a solid line with a dark rim and a reference a dashed one with a light
 * rim. Everything that comes from files or names goes through `escapeXml`.
 */

import type { PartOutline } from "../../analysis/errors/inspect.js";
import { escapeXml } from "../../core/svg.js";
import type { PictureSize } from "../../inference/outline-path.js";
import type { CaseOverlay, OverlayPicture } from "./case-overlay.js";

/** Line colours of the parts in the data set's order, repeated from the start when there are more. */
export const partColours = ["#56b4e9", "#f0e442", "#e69f00", "#009e73", "#cc79a7", "#0072b2", "#d55e00"] as const;

/** Which picture of a case: the reference alone, or a run's prediction over the reference, by the run's number. */
export type OverlayPanel = "reference" | number;

export interface OverlayDrawing {
  /** Names of all parts in the data set's order, for their colours. */
  readonly parts: readonly string[];
  /** Parts to draw; all unless given. */
  readonly shown?: readonly string[];
  /**
   * `figure`: line widths grow with the picture, for files. `screen`: they stay as they are at any zoom, for pages; dash
   * and width are then in CSS pixels.
   */
  readonly lines: "figure" | "screen";
}

/** Line widths and dashes as shares of the unit: 1 CSS pixel, or a 320th of the picture's longer side. */
const rimWidths = { prediction: 2.9, reference: 4.2 } as const;
const lineWidth = 1.7;
const dash = [4.5, 3.5];
const figureUnits = 320;

const rims = { prediction: "#000000", reference: "#ffffff" } as const;
const rimOpacity = { prediction: 0.6, reference: 0.85 } as const;

const number = (value: number): string => String(Number(value.toFixed(2)));

/** One outline: its rim, and the line upon it. Paths come from `outlinePath` and hold digits and M, Z alone. */
function outlineSvg(
  { part, path }: PartOutline,
  kind: "prediction" | "reference",
  { parts, lines }: OverlayDrawing,
  unit: number,
): string {
  if (path === "") return "";
  const index = Math.max(0, parts.indexOf(part));
  const screen = lines === "screen" ? ' vector-effect="non-scaling-stroke"' : "";
  const stroke = (colour: string, width: number, more = "") =>
    `<path d="${path}" stroke="${colour}" stroke-width="${number(width * unit)}"${more}${screen}/>`;
  const dashes =
    kind === "reference" ? ` stroke-dasharray="${dash.map((length) => number(length * unit)).join(" ")}"` : "";
  return (
    `<g class="outline ${kind} part-${index}">` +
    stroke(rims[kind], rimWidths[kind], ` stroke-opacity="${rimOpacity[kind]}"`) +
    stroke(kind === "reference" ? "#000000" : partColours[index % partColours.length], lineWidth, dashes) +
    "</g>"
  );
}

/**
 * The outlines of one panel as an SVG group in the picture's coordinates, to be laid over its image. Groups have the
 * classes `outline`, `prediction` or `reference`, and `part-N` with N the part's number, so that a page can hide them.
 */
export function outlinesSvg(overlay: CaseOverlay, panel: OverlayPanel, drawing: OverlayDrawing): string {
  const { picture, reference, predictions } = overlay;
  const unit = drawing.lines === "screen" ? 1 : Math.max(picture.width, picture.height) / figureUnits;
  const wanted = ({ part }: PartOutline) => drawing.shown?.includes(part) ?? true;
  const draw = (outlines: readonly PartOutline[] | null, kind: "prediction" | "reference") =>
    (outlines ?? []).filter(wanted).map((outline) => outlineSvg(outline, kind, drawing, unit));
  const predicted = panel === "reference" ? [] : draw(predictions[panel].outlines, "prediction");
  const lines = [...draw(reference, "reference"), ...predicted];
  return `<g fill="none" stroke-linejoin="round">${lines.join("")}</g>`;
}

/** The picture as an SVG image that travels inside the file. @param id to `<use>` it by elsewhere in the document */
export function pictureSvg({ bytes, type, width, height }: OverlayPicture, id?: string): string {
  const name = id === undefined ? "" : ` id="${escapeXml(id)}"`;
  const data = Buffer.from(bytes).toString("base64");
  return `<image${name} width="${width}" height="${height}" preserveAspectRatio="none" href="data:${type};base64,${data}"/>`;
}

/** The root element's attributes for a picture of this size. */
export function svgRoot({ width, height }: PictureSize): string {
  return `xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
}

/** One panel of a case as an SVG file of its own, in the picture's size. */
export function panelSvg(overlay: CaseOverlay, panel: OverlayPanel, drawing: OverlayDrawing): string {
  const { picture } = overlay;
  return `<svg ${svgRoot(picture)}>${pictureSvg(picture)}${outlinesSvg(overlay, panel, drawing)}</svg>`;
}

export interface InlinePanel extends OverlayDrawing {
  /** Id of the case's picture in the page. */
  readonly pictureId: string;
  /** Whether this panel brings the picture; the page's other panels of the case show the same one by its id. */
  readonly holdsPicture: boolean;
  /** What somebody who cannot see it should hear. */
  readonly description: string;
}

/** One panel of a case as an SVG element within a page, in whose bytes the picture is once for all panels. */
export function inlinePanelSvg(overlay: CaseOverlay, panel: OverlayPanel, inline: InlinePanel): string {
  const { picture } = overlay;
  const { pictureId, holdsPicture, description } = inline;
  const shown = holdsPicture ? pictureSvg(picture, pictureId) : `<use href="#${escapeXml(pictureId)}"/>`;
  const size = `viewBox="0 0 ${picture.width} ${picture.height}"`;
  return `<svg ${size} role="img" aria-label="${escapeXml(description)}">${shown}${outlinesSvg(overlay, panel, inline)}</svg>`;
}
