/**
 * The document around the sections. Its policy lets it load nothing at all: pictures are inside, and the one script,
 * which opens folds and closes an enlarged figure with Escape, is named by its hash.
 */
import { createHash } from "node:crypto";
import { type Content, Html, html } from "./markup.js";
import { pageStyle } from "./style.js";

/** Opens what a link leads into; Escape goes back to where a figure stands, as its "Close" does. */
const script = `const unfold = () => {
  const place = location.hash && document.getElementById(location.hash.slice(1));
  for (let fold = place && place.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
};
addEventListener("hashchange", unfold);
unfold();
addEventListener("keydown", (event) => {
  const figure = location.hash && document.querySelector("figure:target");
  if (event.key === "Escape" && figure) figure.querySelector(".shut").click();
});`;

const scriptHash = createHash("sha256").update(script).digest("base64");
const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'; base-uri 'none'; form-action 'none'`;

/** A section of the page; `body` is null where there is nothing to show. */
export interface PageSection {
  id: string;
  title: string;
  body: Content;
}

function sectionHtml({ id, title, body }: PageSection): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>
`;
}

/** The page as a document. */
export function pageShell(
  {
    title,
    eyebrow,
    heading,
    lede,
    footer,
  }: Record<"title", string> & Record<"eyebrow" | "heading" | "lede" | "footer", Content>,
  sections: readonly PageSection[],
): string {
  const contents = sections.map((one) => html`<li><a href="#${one.id}">${one.title}</a></li>`);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="generator" content="dimseg report">
<title>${title}</title>
<style>${new Html(pageStyle)}</style>
</head>
<body>
<div class="sheet">
<header>
<p class="eyebrow">${eyebrow}</p>
<h1>${heading}</h1>
<p class="lede">${lede}</p>
</header>
<div class="columns">
<nav class="contents" aria-label="Contents"><ul>${contents}</ul></nav>
<main>
${sections.map(sectionHtml)}
</main>
</div>
<footer>${footer}</footer>
</div>
<script>${new Html(script)}</script>
</body>
</html>
`.text;
}
