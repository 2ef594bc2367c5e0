/** The line of a `dataset.yaml` that names its added masks. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse, stringify } from "yaml";
import { UsageError } from "../../core/errors.js";
import { seenFrom } from "../../core/files/seen-from.js";

/** Where the list lies that a data set names, or would name: in `dataset-masks` beside `dataset.yaml`. */
export function addedMasksList(path: string): string {
  const { addedMasks } = parse(readFileSync(path, "utf8")) as { addedMasks?: string };
  return resolve(dirname(path), addedMasks ?? `${resolve(path).replace(/\.ya?ml$/i, "")}-masks/masks.json`);
}

/**
 * The file's text with the key at its end, all else as it is written; undefined where it has the key.
 * @throws UsageError where a line at its end would not be one of its keys
 */
export function withAddedMasks(path: string, list: string): string | undefined {
  const text = readFileSync(path, "utf8");
  const content = parse(text) as Record<string, unknown>;
  if (content.addedMasks !== undefined) return undefined;
  const addedMasks = seenFrom(dirname(path), list);
  const line = stringify({ addedMasks }, { lineWidth: 0 });
  const longer = `${text}${text.endsWith("\n") ? "" : "\n"}${line}`;
  if (isDeepStrictEqual(parsed(longer), { ...content, addedMasks })) return longer;
  throw new UsageError(`${path}: cannot be added to; write the line ${line.trim()} among its keys, and try again`);
}

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
