/** Tables, figures and lists of facts as HTML. */
import { type Figure, spoken } from "../figures/figure.js";
import { inlineSvg } from "../figures/render-figure.js";
import type { ReportCell, ReportTable } from "../table.js";
import { type Content, Html, html, nameHtml } from "./markup.js";

/** A figure with its picture. */
export interface DrawnFigure {
  figure: Figure;
  svg: string;
}

/** A number that can be looked up: with all its digits, and where it was read. */
export function numberHtml({ text, value, source }: ReportCell): Content {
  if (value === undefined) return text;
  const interval = / \(.* to .*\)$/.exec(text)?.[0];
  const shown = interval ? html`${text.slice(0, -interval.length)}<span class="interval">${interval}</span>` : text;
  const from = source === undefined ? "" : html` data-source="${source}"`;
  return html`<span data-value="${String(value)}"${from}>${shown}</span>`;
}

/** Sentences may hold names of any length. */
function sentence(text: string): Html {
  return html`<span class="name">${text}</span>`;
}

function cellHtml(cell: ReportCell, column: number): Html {
  if (column === 0) {
    const name = nameHtml(cell.text);
    return html`<th scope="row">${cell.link ? html`<a href="#${cell.link}">${name}</a>` : name}</th>`;
  }
  if (cell.value !== undefined || cell.text === "–") return html`<td>${numberHtml(cell)}</td>`;
  const words = cell.prose ? sentence(cell.text) : nameHtml(cell.text);
  return html`<td class="words">${cell.link ? html`<a href="#${cell.link}">${words}</a>` : words}</td>`;
}

/** Links to the files of a table or figure beside the page. */
export function filesHtml(base: string, endings: readonly (readonly [ending: string, name: string])[]): Html {
  const links = endings.map(([ending, name], i) => [
    i > 0 ? " · " : "",
    html`<a href="${base}.${ending}" aria-label="${`${name}: ${base}`}">${name}</a>`,
  ]);
  return html`<span class="files">${links}</span>`;
}

/** A table that scrolls within itself where the page is narrow; `rows` makes other cells than the usual ones. */
export function tableHtml({ id, title, header, rows, notes }: ReportTable, body?: Content): Html {
  const words = (column: number) =>
    column === 0 || rows.some((row) => row[column].value === undefined && row[column].text !== "–");
  const head = header.map(
    (name, i) => html`<th scope="col"${words(i) && !body ? html` class="words"` : ""}>${nameHtml(name)}</th>`,
  );
  return html`<div class="scroll" role="region" aria-label="${title}" tabindex="0" id="table-${id}"><table>
<thead><tr>${head}</tr></thead>
<tbody>${body ?? rows.map((row) => html`<tr>${row.map(cellHtml)}</tr>\n`)}</tbody>
</table></div>
${notes.map((note) => html`<p class="note">${sentence(note)}</p>`)}
<p class="note">${filesHtml(`tables/${id}`, [
    ["csv", "CSV, all digits"],
    ["tex", "LaTeX"],
  ])}</p>`;
}

/** A picture under a link that enlarges the figure it belongs to. */
export function enlargeable(picture: Html, anchor: string, what: string): Html {
  return html`<div class="picture">${picture}<a href="#${anchor}"><span class="unseen">Enlarge ${what}</span></a></div>`;
}

/** A figure that fills the window when it is clicked. */
export function figureHtml({ figure: { id, title, caption, alt }, svg }: DrawnFigure): Html {
  const words = html`role="img" aria-label="${spoken(alt)}" `;
  const picture = new Html(inlineSvg(svg, id).replace("<svg ", () => `<svg ${words}`));
  const files = filesHtml(`figures/${id}`, [
    ["svg", "SVG"],
    ["png", "PNG"],
    ["vl.json", "Vega-Lite"],
  ]);
  return html`<div id="at-${id}"><figure id="${id}">
<a class="shut" href="#at-${id}">Close</a>
<p class="title">${title}</p>
${enlargeable(picture, id, title)}
<figcaption>${caption} ${files}</figcaption>
</figure></div>
`;
}

/** Figures side by side as far as there is room; `large` ones are fewer in a row. */
export function figureGrid(figures: readonly DrawnFigure[], size: "usual" | "large" = "usual"): Content {
  return figures.length === 0 ? null : html`<div class="figures ${size}">${figures.map(figureHtml)}</div>`;
}

/** Facts by name; those without content are left out. */
export function factsHtml(facts: readonly (readonly [name: string, content: Content])[]): Html {
  return html`<dl>${facts.flatMap(([name, content]) => (content === null ? [] : [html`<dt>${name}</dt><dd>${content}</dd>\n`]))}</dl>`;
}

/** More sentences than this are folded. */
const unfolded = 4;

/** What is not shown, and why. */
export function missingHtml(sentences: readonly string[]): Content {
  if (sentences.length === 0) return null;
  const list = html`<ul>${sentences.map((one) => html`<li class="name">${one}</li>`)}</ul>`;
  if (sentences.length <= unfolded) return html`<div class="missing"><p>Not shown:</p>${list}</div>`;
  return html`<details class="missing"><summary>Not shown: ${sentences.length} things</summary>${list}</details>`;
}
