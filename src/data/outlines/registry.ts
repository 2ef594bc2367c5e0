/** The formats of outlines; a new one is a file and a line here. */
import { coco } from "./coco.js";
import { labelme } from "./labelme.js";
import type { OutlineFormat } from "./outlined.js";

export const outlineFormats: readonly OutlineFormat[] = [coco, labelme];

/** `COCO and labelme`. */
export function outlineFormatNames(): string {
  return new Intl.ListFormat("en").format(outlineFormats.map(({ title }) => title));
}

/** The format of a JSON file's content; undefined where it is another one. */
export function outlineFormatOf(content: unknown): OutlineFormat | undefined {
  if (typeof content !== "object" || content === null || Array.isArray(content)) return undefined;
  return outlineFormats.find((format) => format.matches(content));
}
