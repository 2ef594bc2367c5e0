/** Leaving out the cases whose files are broken. */
import { type Case, channelFilesOf, maskFilesOf } from "../../case-files.js";
import { fileOf } from "../../inside-file.js";
import type { ImageGroup } from "../pairing/grouping.js";
import { casesOf } from "../splits/split-input.js";

/** Groups without the cases whose files are broken. Tells which, and why. */
export function withoutBroken(
  groups: readonly ImageGroup[],
  broken: ReadonlyMap<string, string>,
  root: string,
  guesses: string[],
): ImageGroup[] {
  if (broken.size === 0) return [...groups];
  const told = new Set<string>();
  const kept = groups.flatMap((group) => {
    const cases = casesOf(group.source, root);
    const isBroken = (one: Case) =>
      [...channelFilesOf(one), ...maskFilesOf(one).map(({ path }) => path)]
        .map(fileOf)
        .filter((path) => broken.has(path));
    const out = cases.filter((one) => isBroken(one).length > 0);
    for (const path of out.flatMap(isBroken)) told.add(path);
    if (out.length === 0) return [group];
    if (out.length === cases.length) return [];
    const { list: _, ...source } = group.source;
    const isNamed = group.source.ids !== undefined || group.source.list !== undefined;
    if (isNamed)
      return [{ ...group, source: { ...source, ids: cases.filter((one) => !out.includes(one)).map(({ id }) => id) } }];
    const except = [...(group.source.except ?? []), ...out.map((one) => one.id)];
    return [{ ...group, source: { ...group.source, except } }];
  });
  if (told.size > 0) guesses.push(brokenText([...told].map((path) => broken.get(path) as string)));
  return kept;
}

/** Broken files named in a sentence. */
const mostNamed = 3;

function brokenText(reasons: readonly string[]): string {
  const cases =
    reasons.length === 1 ? "1 broken file, whose case is" : `${reasons.length} broken files, whose cases are`;
  const shown = reasons.slice(0, mostNamed).map((reason) => reason.replace(/; replace (?:it|or convert it)$/, ""));
  const more = reasons.length > mostNamed ? `, and ${reasons.length - mostNamed} more` : "";
  return `warning: ${cases} left out (see except): ${shown.join("; ")}${more}`;
}
