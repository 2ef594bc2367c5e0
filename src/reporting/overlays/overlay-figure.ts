/**
 * Chosen cases as one figure for a paper: a row for each case, a column for the reference and one for each run, metrics
 * beneath, what the lines mean at the end. Text takes the colour of the SVG's `color`, as in the other figures.
 */
import { outlineSvg } from "../../drawing/outline-svg.js";
import { escapeXml, shorten, svgFont } from "../../drawing/svg.js";
import type { DistanceUnits, PartScore } from "../../judging/evaluate-network.js";
import { unitText } from "../../judging/metric-text.js";
import type { CaseEstimate } from "../../runs/estimate-cases.js";
import { estimateText } from "../estimates.js";
import type { CaseOverlay } from "./case-overlay.js";
import { type OverlayDrawing, type OverlayPanel, outlinesSvg, pictureSvg } from "./overlay-svg.js";

export interface OverlayFigureOptions extends Pick<OverlayDrawing, "parts" | "shown"> {
  /** Width of one picture in CSS pixels; default 200, of sheets of volumes 420. */
  readonly cell?: number;
  /** Of the scores' distances; default "pixels". */
  readonly units?: DistanceUnits;
}

const ink = "#1d2127";
const gap = 8;
const headHeight = 22;
const rowHead = 18;
const lineHeight = 13;
const small = 10;
const letterWidth = 0.58;

function text(x: number, y: number, words: string, more = ""): string {
  return `<text x="${x}" y="${y}"${more}>${escapeXml(words)}</text>`;
}

/** Words cut to a width in CSS pixels. */
function fitted(words: string, width: number, size: number): string {
  return shorten(words, Math.max(4, Math.floor(width / (size * letterWidth))));
}

function percentText(share: number): string {
  return Number.isNaN(share) ? "undefined" : `${(100 * share).toFixed(1)} %`;
}

function distanceText(distance: number, units: DistanceUnits): string {
  if (Number.isNaN(distance)) return "undefined";
  return Number.isFinite(distance) ? `${distance.toFixed(1)} ${unitText(units)}` : "\u221e";
}

/** A part's metrics in one line. */
function metricsLine({ part, dice, hd95 }: PartScore, units: DistanceUnits): string {
  return `${part}: Dice ${percentText(dice)}, HD95 ${distanceText(hd95, units)}`;
}

/** What was estimated of a part in one line. */
function estimateLine({ part, doubtful, ...estimate }: CaseEstimate): string {
  return `${part}${doubtful ? ", doubtful" : ""}: estimated ${estimateText(estimate)}`;
}

const roleWords = {
  best: "best",
  median: "median",
  worst: "worst",
  only: "only case",
  unjudged: "no mask",
  surest: "most confident",
  middling: "median confidence",
  unsurest: "least confident",
} as const;

/** What stands above a case: where it comes from and why it is shown. */
function caseHeading({ domain, id, role }: Pick<CaseOverlay, "domain" | "id" | "role">): string {
  return `${roleWords[role]} of ${domain}: ${id}`;
}

interface Column {
  readonly title: string;
  readonly panel: OverlayPanel;
}

function columnsOf(overlays: readonly CaseOverlay[]): Column[] {
  const runs = overlays[0].predictions.map(({ run }, panel) => ({ title: run, panel }));
  return [{ title: "reference", panel: "reference" }, ...runs];
}

/** Lines under one panel. */
function notes(
  overlay: CaseOverlay,
  panel: OverlayPanel,
  { shown, units }: Pick<Required<OverlayFigureOptions>, "shown" | "units">,
): string[] {
  if (panel === "reference") return overlay.reference ? [] : ["no mask"];
  const { outlines, scores, estimates } = overlay.predictions[panel];
  if (!outlines) return ["not predicted"];
  const isShown = ({ part }: { part: string }) => shown.includes(part);
  return [
    ...scores.filter(isShown).map((score) => metricsLine(score, units)),
    ...estimates.filter(isShown).map(estimateLine),
  ];
}

interface Placed {
  readonly svg: string;
  readonly height: number;
}

/** One case's row: heading, panels, metrics. */
function rowSvg(
  overlay: CaseOverlay,
  row: number,
  columns: readonly Column[],
  options: Required<OverlayFigureOptions>,
) {
  const { cell, parts, shown } = options;
  const { picture } = overlay;
  const scale = cell / picture.width;
  const height = picture.height * scale;
  const id = `picture-${row}`;
  const width = columns.length * (cell + gap);
  let noteLines = 0;
  const panels = columns.map(({ panel }, i) => {
    const lines = notes(overlay, panel, options);
    noteLines = Math.max(noteLines, lines.length);
    const drawn = i === 0 ? pictureSvg(picture, id) : `<use href="#${id}"/>`;
    const outlines = outlinesSvg(overlay, panel, { parts, shown, lines: "figure" });
    // A nested element clips lines at the picture's edge.
    const place = `x="${i * (cell + gap)}" y="${rowHead}" width="${cell}" height="${height}"`;
    const words = lines.map((line, l) =>
      text(i * (cell + gap), rowHead + height + (l + 1) * lineHeight, fitted(line, cell, small)),
    );
    return `<svg ${place} viewBox="0 0 ${picture.width} ${picture.height}">${drawn}${outlines}</svg>${words.join("")}`;
  });
  const heading = text(0, 12, fitted(caseHeading(overlay), width, 11), ' font-size="11" font-weight="bold"');
  const placed: Placed = {
    svg: heading + panels.join(""),
    height: rowHead + height + noteLines * lineHeight + 2 * gap,
  };
  return placed;
}

/** What the lines mean; samples are those of the panels, on grey. */
function legendSvg({ parts, shown }: Required<OverlayFigureOptions>, width: number): Placed {
  const entries = [
    { words: "reference", kind: "reference" as const, part: parts[0] },
    ...shown.map((part) => ({ words: `prediction: ${part}`, kind: "prediction" as const, part })),
  ];
  let [x, y] = [0, 0];
  const drawn = entries.map(({ words, kind, part }) => {
    const label = fitted(words, width - 44, small);
    const length = 44 + label.length * small * letterWidth + 2 * gap;
    if (x > 0 && x + length > width) [x, y] = [0, y + 18];
    const sample = outlineSvg("M4 6H32", { kind, part: Math.max(0, parts.indexOf(part)), unit: 0.9 });
    const svg = `<g transform="translate(${x} ${y})"><rect width="36" height="12" fill="#8a8178"/>${sample}${text(42, 10, label)}</g>`;
    x += length;
    return svg;
  });
  return { svg: drawn.join(""), height: y + 18 };
}

/**
 * All overlays as one SVG figure.
 * @param overlays at least one, all of the same runs
 * @returns an SVG document without background, its text dark unless `color` says otherwise
 * @example writeFileAtomic("overlays.png", svgToPng(overlayFigure(overlays, { parts: ["cup", "disc"] }), 1600));
 */
export function overlayFigure(overlays: readonly CaseOverlay[], { parts, ...rest }: OverlayFigureOptions): string {
  const options = {
    parts,
    shown: rest.shown ?? parts,
    units: rest.units ?? ("pixels" as const),
    cell: rest.cell ?? (overlays.some(({ picture }) => picture.isSheet) ? 420 : 200),
  };
  const columns = columnsOf(overlays);
  const width = columns.length * (options.cell + gap) - gap;
  const heads = columns.map(({ title }, i) =>
    text(i * (options.cell + gap), 14, fitted(title, options.cell, 12), ' font-size="12" font-weight="bold"'),
  );
  let y = headHeight;
  const rows = overlays.map((overlay, row) => {
    const { svg, height } = rowSvg(overlay, row, columns, options);
    const placed = `<g transform="translate(0 ${y})">${svg}</g>`;
    y += height;
    return placed;
  });
  const legend = legendSvg(options, width);
  const size = { width: width + 2 * gap, height: Math.ceil(y + legend.height + 2 * gap) };
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" color="${ink}" width="${size.width}" height="${size.height}" ` +
    `viewBox="0 0 ${size.width} ${size.height}"><g transform="translate(${gap} ${gap})" fill="currentColor" ` +
    `font-family="${svgFont}, sans-serif" font-size="${small}">${heads.join("")}${rows.join("")}` +
    `<g transform="translate(0 ${y})">${legend.svg}</g></g></svg>`
  );
}
