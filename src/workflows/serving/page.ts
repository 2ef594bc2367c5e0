/** A server's own page: what the model is, a form to try it, and the interface; nothing in it comes from elsewhere. */
import { readFileSync } from "node:fs";
import type { Hono } from "hono";
import { escapeHtml, htmlTable } from "../../drawing/html.js";
import type { ModelFacts, ServedClass } from "./messages.js";
import { pageStyle } from "./page-style.js";

/** What the page shows of an OpenAPI document. */
interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly { readonly name: string; readonly description: string; readonly schema: Choices }[];
  readonly requestBody?: { readonly description: string };
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

interface Choices {
  readonly enum?: readonly string[];
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

function legend(classes: readonly ServedClass[]): string {
  const items = classes.map(({ name, value, colour }) => {
    const swatch = colour
      ? `<svg width="20" height="12" aria-hidden="true"><rect width="20" height="12" fill="${escapeHtml(colour)}"/></svg> `
      : "";
    return `<li>${swatch}${value} ${escapeHtml(name)}</li>`;
  });
  return `<ul class="legend">${items.join("")}</ul>`;
}

/** A parameter as a field of the form. */
function field(name: string, label: string, choices: readonly string[]): string {
  const options = choices.map((one) => `<option>${escapeHtml(one)}</option>`).join("");
  return `<label>${escapeHtml(label)} <select name="${name}">${options}</select></label>`;
}

function form({ kind, formats, overlapping, quality }: ModelFacts): string {
  return `<form id="try">
<label>${kind === "volumes" ? "Volume" : "Picture"} <input type="file" name="image" required></label>
${formats.length > 1 ? field("format", "Format", formats) : ""}
${overlapping.length > 0 ? field("part", "Part", ["", ...overlapping]) : ""}
${quality ? '<label><input type="checkbox" name="quality" value="true"> estimate quality</label>' : ""}
<button>Segment</button>
</form>
<p id="said" role="status"></p>
<canvas id="drawn" hidden></canvas>
<table id="quality" hidden><caption>Estimated Dice</caption><thead><tr><th scope="col">part</th><th scope="col">Dice</th><th scope="col">from</th><th scope="col">to</th></tr></thead><tbody></tbody></table>`;
}

function operation(path: string, method: string, one: Operation): string {
  const parameters = (one.parameters ?? []).map(({ name, description, schema }) => [
    name,
    `${description}${schema.enum ? ` One of: ${schema.enum.join(", ")}.` : ""}`,
  ]);
  const responses = Object.entries(one.responses).map(([status, { description }]) => [status, description]);
  return `<section>
<h3><code>${escapeHtml(method.toUpperCase())} ${escapeHtml(path)}</code></h3>
<p>${escapeHtml([one.summary, one.description].filter(Boolean).join(". "))}</p>
${one.requestBody ? `<p>Body: ${escapeHtml(one.requestBody.description)}</p>` : ""}
${parameters.length > 0 ? htmlTable(["parameter", "meaning"], parameters) : ""}
${htmlTable(["status", "meaning"], responses)}
</section>`;
}

function pageHtml(facts: ModelFacts, { paths }: Document): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => operation(path, method, one)),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>dimseg serve</title>
<link rel="stylesheet" href="/page.css">
<link rel="icon" href="data:,">
<script type="module" src="/page.js"></script>
</head>
<body>
<main>
<h1>dimseg serve</h1>
<p>${escapeHtml([facts.answeredBy, facts.rules].filter(Boolean).join("; "))}. A research tool, not a medical device.</p>
${legend(facts.classes)}
<h2>Try it</h2>
${form(facts)}
<h2>Interface</h2>
<pre><code>curl --data-binary @IMAGE -o mask.${facts.formats[0]} ADDRESS/v1/masks</code></pre>
<p>As a document for programs: <a href="/openapi.json">openapi.json</a>.</p>
${operations.join("\n")}
</main>
</body>
</html>
`;
}

/** Adds the page and its files. */
export function addPage(app: Hono, facts: ModelFacts, document: object): void {
  const html = pageHtml(facts, document as Document);
  const script = readFileSync(new URL("./try-form.js", import.meta.url), "utf8");
  app.get("/", (c) => c.html(html));
  app.get("/page.css", (c) => c.text(pageStyle, 200, { "content-type": "text/css; charset=utf-8" }));
  app.get("/page.js", (c) => c.text(script, 200, { "content-type": "text/javascript; charset=utf-8" }));
}
