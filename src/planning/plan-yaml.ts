/** A plan as a configuration file: every key under its reason, and what else is to be known at the top. */
import { Document, isMap, isScalar } from "yaml";
import type { Choice } from "./choices.js";

const lineWidth = 118;

/** Words in lines that begin with a blank, as YAML's comments take them. */
export function commentLines(text: string, width = lineWidth): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => ` ${line}`).join("\n");
}

/** The plain values of choices. */
export function valuesOf(choices: readonly Choice[]): Record<string, unknown> {
  const document = new Document({});
  for (const { path, value } of choices) document.setIn(path, value);
  return document.toJS();
}

/** The file's text. @param notes of its top, a paragraph each */
export function planYaml(choices: readonly Choice[], notes: readonly string[]): string {
  const document = new Document({});
  for (const { path, value } of choices) document.setIn(path, document.createNode(value, { flow: true }));
  for (const { path, reason } of choices) {
    const section = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    if (!isMap(section)) continue;
    const pair = section.items.find(({ key }) => (isScalar(key) ? key.value : key) === path.at(-1));
    if (!pair) continue;
    const key = document.createNode(path.at(-1));
    key.commentBefore = commentLines(reason, lineWidth - 2 * path.length);
    pair.key = key;
  }
  document.commentBefore = notes.map((note) => commentLines(note)).join("\n");
  return document.toString({ lineWidth: 0 });
}
