/**
 * Draws outlines over a case's picture as SVG, in the lines and colours of inference/outline-svg.ts. Everything that
 * comes from files or names goes through `escapeXml`.
 */
import type { PartOutline } from "../../analysis/errors/case-drawing.js";
import { type OutlineKind, outlineSvg } from "../../drawing/outline-svg.js";
import { escapeXml } from "../../drawing/svg.js";
import { wordsSvg } from "../../drawing/words-svg.js";
import type { CaseOverlay, OverlayPicture } from "./case-overlay.js";

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

/** A line width of 1 in a figure: this share of the picture's longer side, and of sheets of volumes so many pixels. */
const figureUnit = 1 / 320;
const sheetUnit = 1;

/**
 * The outlines of one panel as SVG groups in the picture's coordinates, to be laid over its image. Groups have the
 * classes `outline`, `prediction` or `reference`, and `part-N` with N the part's number, so that a page can hide them.
 */
export function outlinesSvg(overlay: CaseOverlay, panel: OverlayPanel, drawing: OverlayDrawing): string {
  const { picture, reference, predictions } = overlay;
  const { parts, shown = parts } = drawing;
  const screen = drawing.lines === "screen";
  const inFigure = picture.isSheet ? sheetUnit : Math.max(picture.width, picture.height) * figureUnit;
  const unit = screen ? 1 : inFigure;
  const draw = (outlines: readonly PartOutline[] | null, kind: OutlineKind) =>
    (outlines ?? [])
      .filter(({ part }) => shown.includes(part))
      .map(({ part, path }) => outlineSvg(path, { kind, part: Math.max(0, parts.indexOf(part)), unit, screen }));
  if (panel === "reference") return draw(reference, "reference").join("");
  const said = predictions[panel];
  // A run that was not asked shows what there was to find.
  const expected = said.outlines === null ? reference : said.reference;
  return [...draw(expected, "reference"), ...draw(said.outlines, "prediction")].join("");
}

/** The picture as an SVG image that travels inside the file, with its words. @param id to `<use>` it by elsewhere in the document */
export function pictureSvg({ bytes, type, width, height, words }: OverlayPicture, id?: string): string {
  const name = id === undefined ? "" : ` id="${escapeXml(id)}"`;
  const data = Buffer.from(bytes).toString("base64");
  const image = (named: string) =>
    `<image${named} width="${width}" height="${height}" preserveAspectRatio="none" href="data:${type};base64,${data}"/>`;
  return words.length === 0 ? image(name) : `<g${name}>${image("")}${wordsSvg(words)}</g>`;
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
