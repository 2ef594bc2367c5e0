/** A sentence about outlines where there are no masks. */
import { join } from "node:path";
import { DataError } from "../../../core/errors.js";
import { shellWord } from "../../../core/shell-word.js";
import { contentOf } from "../../outlines/content.js";
import { outlineFormatOf } from "../../outlines/registry.js";
import type { FolderContent } from "./scan.js";

/** @returns how to make masks of them; nothing where the first JSON file is of another kind */
export function outlinesText(root: string, { others }: FolderContent): string[] {
  const first = others.get("json")?.first;
  if (first === undefined) return [];
  try {
    const format = outlineFormatOf(contentOf(join(root, first)));
    if (!format) return [];
    return [
      `warning: ${first} holds outlines (${format.title}): make masks of them with dimseg data outlines ${shellWord(root)} --out SET, then inspect SET`,
    ];
  } catch (error) {
    if (error instanceof DataError) return [];
    throw error;
  }
}
