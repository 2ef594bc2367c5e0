/**
 * HTML from templates that escape what is put into them, so that no name from a file can become markup by being
 * forgotten.
 */
import { escapeHtml } from "../../drawing/html.js";

/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text;
  }
}

/** What may stand in a template: text is escaped, HTML is not, lists are joined, null is nothing. */
export type Content = Html | string | number | null | readonly Content[];

function render(content: Content): string {
  if (content === null) return "";
  if (content instanceof Html) return content.text;
  if (Array.isArray(content)) return content.map(render).join("");
  return escapeHtml(String(content));
}

/** `` html`<p>${text}</p>` ``: everything between the literal parts is escaped. */
export function html(literals: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(literals.reduce((text, literal, i) => text + render(contents[i - 1]) + literal));
}

/** A name this long is folded. */
const longName = 90;
const shownOfLongName = 60;

/** A name from a file or folder: its own direction, breaking anywhere, folded when it is very long. */
export function nameHtml(name: string): Html {
  const letters = [...name];
  if (letters.length <= longName) return html`<bdi class="name">${name}</bdi>`;
  const begin = letters.slice(0, shownOfLongName).join("");
  return html`<details class="long-name"><summary><bdi>${begin}…</bdi></summary><bdi class="name">${name}</bdi></details>`;
}
