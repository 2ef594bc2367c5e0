/** Cases as pictures: the reference and each run's outlines side by side, with the case's metrics beneath. */
import { counted } from "../../core/counted.js";
import { partColours } from "../../drawing/colours.js";
import type { DistanceUnits, PartScore } from "../../judging/evaluate-network.js";
import { unitText } from "../../judging/metric-text.js";
import type { CaseEstimate } from "../../runs/estimate-cases.js";
import { type ReportData, type ReportOverlays, type ReportRun, shownRuns } from "../data.js";
import { estimateText } from "../estimates.js";
import { caseSource, overlayAnchor } from "../failures.js";
import { distinctSlugs, spoken } from "../figures/figure.js";
import { distanceText, percentText } from "../numbers.js";
import type { CaseOverlay } from "../overlays/case-overlay.js";
import { inlinePanelSvg, type OverlayPanel } from "../overlays/overlay-svg.js";
import { type Content, Html, html, nameHtml } from "./markup.js";
import { enlargeable, filesHtml, numberHtml } from "./parts.js";

/** One picture; the image itself is in the reference's panel, the others show it again. */
function panelSvg(
  overlay: CaseOverlay,
  panel: OverlayPanel,
  { parts, shown }: ReportOverlays,
  anchor: string,
  description: string,
): Html {
  const place = { pictureId: `picture-${anchor}`, holdsPicture: panel === "reference", description };
  return new Html(inlinePanelSvg(overlay, panel, { parts, shown, lines: "screen", ...place }));
}

function metricsHtml(run: ReportRun, scores: readonly PartScore[], units: DistanceUnits | undefined): Content {
  const unit = unitText(units);
  if (scores.length === 0) return html`<p class="note">not judged</p>`;
  const several = scores.length > 1;
  return scores.map((score) => {
    const number = (column: "dice" | "hd95", text: string) =>
      numberHtml({ text, value: score[column], source: caseSource(run, score, column) });
    const [dice, hd95] = [number("dice", percentText(score.dice)), number("hd95", distanceText(score.hd95))];
    return several
      ? html`<p class="note">${nameHtml(score.part)}: ${dice} %, ${hd95} ${unit}</p>`
      : html`<p class="note">Dice ${dice} %</p><p class="note">HD95 ${hd95} ${unit}</p>`;
  });
}

/** What was estimated of a case, and whether that leaves its mask in doubt. */
function doubtHtml(estimates: readonly CaseEstimate[], { parts, shown }: ReportOverlays): Content {
  return estimates.flatMap(({ part, ...estimate }) => {
    if (!shown.includes(part)) return [];
    const what = parts.length > 1 ? html`${nameHtml(part)}, estimated` : "Estimated";
    const mark = estimate.doubtful ? html`<strong class="doubtful">Doubtful</strong> ` : "";
    return [html`<p class="note">${mark}${what} ${estimateText(estimate)}</p>`];
  });
}

function panelHtml(picture: Html, anchor: string, what: string, below: Content): Html {
  return html`<div class="panel">${enlargeable(picture, anchor, what)}${below}</div>`;
}

const roleWords: Record<CaseOverlay["role"], string> = {
  best: "best",
  median: "median",
  worst: "worst",
  only: "the only case",
  unjudged: "not judged",
  surest: "most confident",
  middling: "median confidence",
  unsurest: "least confident",
};

function caseHtml(overlay: CaseOverlay, data: ReportData, index: number, role: string | null): Html {
  const overlays = data.overlays as ReportOverlays;
  const anchor = overlayAnchor(index);
  const { domain, id, predictions } = overlay;
  const panels = predictions.map(({ scores, estimates }, i) => {
    const run = data.runs.find((one) => one.id === overlays.runs[i]) as ReportRun;
    const what = spoken(`${domain} ${id}: ${run.name}`);
    const picture = panelSvg(overlay, i, overlays, anchor, what);
    return panelHtml(
      picture,
      anchor,
      what,
      html`<p class="run">${nameHtml(run.name)}</p>${metricsHtml(run, scores, data.choice.units)}${doubtHtml(estimates, overlays)}`,
    );
  });
  const shown = overlay.reference === null ? "image" : "reference";
  const what = spoken(`${domain} ${id}: ${shown}`);
  const reference = panelSvg(overlay, "reference", overlays, anchor, what);
  return html`<div id="at-${anchor}"><figure id="${anchor}" class="case" aria-label="${spoken(`${domain} ${id}`)}">
<a class="shut" href="#at-${anchor}">Close</a>
<p class="title">${role === null ? [nameHtml(domain), " · "] : null}${nameHtml(id)}${role === null ? null : html` <span class="role">${role}</span>`}</p>
<div class="panels">${panelHtml(reference, anchor, what, html`<p class="run">${overlay.reference === null ? "Image, no mask" : "Reference"}</p>`)}${panels}</div>
</figure></div>
`;
}

/** Cases side by side as far as their panels leave room; sheets of volumes are wide, and have a row each. */
function caseGrid(cases: readonly Html[], overlays: readonly CaseOverlay[], { runs }: ReportOverlays): Html {
  const wide = overlays.some(({ picture }) => picture.isSheet) ? " wide" : "";
  return html`<div class="cases${wide}" style="--panels: ${runs.length + 1}">${cases}</div>`;
}

/** The parts' colours, each with a box that shows or hides it. */
function partsHtml({ parts, shown }: ReportOverlays): Content {
  const boxes = parts.flatMap((name, i) =>
    shown.includes(name)
      ? [
          html`<label><input type="checkbox" checked class="show-part-${i}"> <span class="swatch" style="background:${partColours[i % partColours.length]}"></span>${nameHtml(name)}</label>`,
        ]
      : [],
  );
  return html`<fieldset class="part-choice"><legend>Parts</legend>${boxes}</fieldset>`;
}

/** Hides a part where its box is not ticked; a sheet of its own because the number of parts is the data set's. */
function partStyle({ parts }: ReportOverlays): Content {
  const rules = parts.map((_, i) => `section:has(.show-part-${i}:not(:checked)) .outline.part-${i} { display: none; }`);
  return html`<style>${new Html(rules.join("\n"))}</style>`;
}

function pictureFiles(id: string): Html {
  return filesHtml(`figures/${id}`, [
    ["svg", "SVG"],
    ["png", "PNG"],
  ]);
}

/** Of runs that differ in their seed alone, one is shown. */
export function seedNote(data: ReportData): string {
  const judged = data.runs.filter(({ evaluation }) => evaluation);
  return shownRuns(data).length < judged.length ? " Of the seeds of a method the first is shown." : "";
}

/** Best, median and worst case of each domain. */
export function overlaysBody(data: ReportData): Content {
  const { overlays } = data;
  if (!overlays) return null;
  const first = data.runs.find(({ id }) => id === overlays.runs[0]) as ReportRun;
  const domains = [...new Set(overlays.chosen.map(({ domain }) => domain))];
  const ids = distinctSlugs(domains);
  const groups = domains.map((domain, d) => {
    const own = overlays.chosen.flatMap((one, i) => (one.domain === domain ? [{ one, i }] : []));
    const cases = own.map(({ one, i }) => caseHtml(one, data, i, roleWords[one.role]));
    const grid = caseGrid(
      cases,
      own.map(({ one }) => one),
      overlays,
    );
    return html`<h3>${nameHtml(domain)}</h3>${grid}<p class="note">${pictureFiles(`overlays-${ids[d]}`)}</p>`;
  });
  const isUnjudged = ({ role }: CaseOverlay) => role === "surest" || role === "unsurest";
  const unjudged = overlays.chosen.some(isUnjudged)
    ? "; of a domain without masks those of which it is most and least confident, and the median one"
    : "";
  const isWhole = first.evaluation?.about.slices !== undefined;
  const { domainsLeftOut } = overlays;
  const left =
    domainsLeftOut === 0
      ? ""
      : ` ${counted(domainsLeftOut, "domain")} without pictures: shown are the labelled one and those with the worst cases.`;
  const numbers = isWhole
    ? "Pictures are of the axial, coronal and sagittal plane through the largest object of the reference (where there is none, of the prediction), each run's outlines on the grid that it was judged on. Beneath, of the whole volume: Dice in percent and HD95 in "
    : "Beneath: Dice in percent and HD95 in ";
  const estimated = overlays.chosen.some(({ predictions }) => predictions.some(({ estimates }) => estimates.length > 0))
    ? " Estimated: the Dice that a mask is given without its reference; doubtful where that may be below 50 %."
    : "";
  const pixels = isWhole ? "voxels, slices one apart" : "pixels";
  const unit = data.choice.units === "mm" ? "mm" : pixels;
  return html`${partStyle(overlays)}
<p>Of each domain the best, the median and the worst test case by mean Dice of ${nameHtml(first.name)}${unjudged}. Coloured line: prediction; dashed line: reference. ${numbers}${unit}.${estimated}${left}${seedNote(data)}</p>
${partsHtml(overlays)}
${groups}
${montagesBody(data)}`;
}

/** Slices of the worst volumes. */
function montagesBody(data: ReportData): Content {
  const overlays = data.overlays as ReportOverlays;
  const { chosen, failures, montages } = overlays;
  if (montages.length === 0) return null;
  const before = chosen.length + failures.length;
  const cases = montages.map((one, i) => caseHtml(one, data, before + i, `worst ${i + 1}`));
  return html`<h3>Slices of the worst volumes</h3>
<p>Axial slices through all that is labelled or predicted, from below to above, of the ${montages.length} cases of the lowest Dice of all domains.</p>
${caseGrid(cases, montages, overlays)}<p class="note">${pictureFiles("overlays-montage")}</p>`;
}

/** Pictures of the listed failures that are not among the chosen cases. */
export function failurePictures(data: ReportData): Content {
  const { overlays } = data;
  if (!overlays || overlays.failures.length === 0) return null;
  const before = overlays.chosen.length;
  const cases = overlays.failures.map((one, i) => caseHtml(one, data, before + i, null));
  return html`<details><summary>Pictures of ${cases.length} failures</summary><p class="note">${pictureFiles("overlays-failures")}</p>${partStyle(overlays)}${partsHtml(overlays)}${caseGrid(cases, overlays.failures, overlays)}</details>`;
}
