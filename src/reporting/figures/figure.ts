/** A figure before it is drawn: a Vega-Lite specification with its data inside, and the words that go with it. */
import type { TopLevelSpec } from "vega-lite";

export interface Figure {
  /** Of its files and its anchor: lower case letters, digits and dashes. */
  id: string;
  title: string;
  /** What is shown and how to read it; one or two sentences. */
  caption: string;
  /** What somebody who cannot see it should hear. */
  alt: string;
  spec: TopLevelSpec;
}

/** Text as a part of a figure's id; different texts may give the same. */
export function slug(text: string): string {
  const plain = text
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-");
  return plain.replaceAll(/^-+|-+$/g, "").slice(0, 40) || "x";
}

/** An id for each text, distinct. */
export function distinctSlugs(texts: readonly string[]): string[] {
  const slugs = texts.map(slug);
  return slugs.map((one, i) => (slugs.indexOf(one) === i ? one : `${one}-${i + 1}`));
}

/** Letters of a label in a figure, and how many of them are the name's last: the seed often stands there. */
const labelLength = 24;
const endLength = 11;

/** Characters that change how their neighbours are written, or are not seen. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Longest description of a picture, in characters. */
const spokenLength = 1500;

/** A description to be read aloud: names in it may hold marks of direction, or fill a page. */
export function spoken(text: string): string {
  const letters = [...text.replaceAll(invisible, " ")];
  return letters.length <= spokenLength ? letters.join("") : `${letters.slice(0, spokenLength).join("")}…`;
}

function shortened(text: string): string {
  const clean = text.replaceAll(invisible, " ").trim();
  // Vega looks labels up in plain objects, where these names stand for something else.
  if (clean in Object.prototype) return `“${clean}”`;
  const letters = [...clean];
  if (letters.length <= labelLength) return clean || "(blank)";
  return `${letters.slice(0, labelLength - endLength - 1).join("")}…${letters.slice(-endLength).join("")}`;
}

/** Short labels for names from files, distinct for distinct names. */
export function figureLabels(names: readonly string[]): Map<string, string> {
  const labels = new Map<string, string>();
  const taken = new Set<string>();
  for (const name of new Set(names)) {
    const short = shortened(name);
    let label = short;
    for (let n = 2; taken.has(label); n++) label = `${short} (${n})`;
    taken.add(label);
    labels.set(name, label);
  }
  return labels;
}
