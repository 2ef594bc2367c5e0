/** Text and tables in self-contained pages; everything that comes from files or names goes through `escapeHtml`. */

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text that shows as itself in HTML, also inside attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}

/** A table with a header row; the first column names the rows. */
export function htmlTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = header.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join("");
  const body = rows.map(([name, ...cells]) => {
    const rest = cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("");
    return `<tr><th scope="row">${escapeHtml(name)}</th>${rest}</tr>`;
  });
  return `<table><thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}

const style = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { padding: .35rem .8rem; text-align: right; border-bottom: 1px solid #8886; }
th:first-child { text-align: left; }
img { max-width: 100%; height: auto; image-rendering: pixelated; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; list-style: none; }
.swatch { display: inline-block; width: 1.4rem; height: .7rem; margin-right: .4rem; border: 1px solid #8888; }
@media (max-width: 36rem) { table { font-size: .75rem; } th, td { padding: .3rem .25rem; } }
code { background: #8882; padding: .1rem .3rem; border-radius: .2rem; }
`;

/** A page that needs no network and opens from disk. `body` must already be HTML. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** What the colours of a picture stand for; colours are `#rrggbb`. */
export function htmlLegend(entries: readonly { readonly name: string; readonly colour: string }[]): string {
  const items = entries.map(
    ({ name, colour }) =>
      `<li><span class="swatch" style="background: ${escapeHtml(colour)}"></span>${escapeHtml(name)}</li>`,
  );
  return `<ul class="legend">${items.join("")}</ul>`;
}

/** A PNG as an image that travels inside the page. */
export function htmlImage(png: Uint8Array, description: string): string {
  return `<img alt="${escapeHtml(description)}" src="data:image/png;base64,${Buffer.from(png).toString("base64")}">`;
}
