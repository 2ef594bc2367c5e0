/**
 * Names of files as they are compared: without ending, in one Unicode form, upper and lower case alike; and what stands
 * around the id in them.
 */
import { endingOf, foldCase, withoutEnding } from "../../file-patterns.js";
import { wordsOf } from "../words.js";

/** A name as it is compared, beside its own letters: both of the same length. */
export interface Stem {
  readonly name: string;
  readonly text: string;
  readonly folded: string;
}

/** The names without their endings, as they are compared. */
export function stemsOf(names: readonly string[]): Stem[] {
  return names.map((name) => {
    const text = withoutEnding(name).normalize("NFC");
    return { name, text, folded: foldCase(text) };
  });
}

/** What stands before and after the id, in the letters of the first name that has it. */
export interface Affix {
  readonly before: string;
  readonly after: string;
}

/** What all texts begin with. */
export function sharedStart(texts: readonly string[]): string {
  let length = texts[0]?.length ?? 0;
  for (const text of texts) {
    let i = 0;
    while (i < length && text[i] === texts[0][i]) i++;
    length = i;
  }
  return texts[0]?.slice(0, length) ?? "";
}

function reversed(text: string): string {
  return [...text].reverse().join("");
}

/** What all names begin and end with; a number is not cut in two. */
export function sharedAffix(stems: readonly Stem[]): Affix {
  if (stems.length < 2) return { before: "", after: "" };
  const folded = stems.map((stem) => stem.folded);
  const before = sharedStart(folded).replace(/\d+$/, "");
  const after = reversed(sharedStart(folded.map(reversed))).replace(/^\d+/, "");
  const { text } = stems[0];
  return { before: text.slice(0, before.length), after: text.slice(text.length - after.length) };
}

/** The ids of images by their folded form, with the names they come from. */
export function idsUnder({ before, after }: Affix, stems: readonly Stem[]): Map<string, string> {
  const [start, end] = [foldCase(before), foldCase(after)];
  const ids = new Map<string, string>();
  for (const { folded, text } of stems)
    if (folded.length > start.length + end.length && folded.startsWith(start) && folded.endsWith(end))
      ids.set(
        folded.slice(start.length, folded.length - end.length),
        text.slice(start.length, text.length - end.length),
      );
  return ids;
}

const digit = /\p{N}/u;

const letter = /\p{L}/u;

/** Whether an id may end or begin between two characters: not within a number or a word. */
export function isBorder(left: string, right: string): boolean {
  return !(digit.test(left) && digit.test(right)) && !(letter.test(left) && letter.test(right));
}

/** The words before and after an id. */
export function affixWords({ before, after }: Affix): string[] {
  return [...wordsOf(before), ...wordsOf(after)];
}

/** The extension that all names share, else the pattern for any image. */
export function extensionOf(names: readonly string[]): string {
  const extensions = new Set(names.map((name) => endingOf(name).toLowerCase()));
  return extensions.size === 1 ? endingOf(names[0]) : ".*";
}

/** Braces and stars have a meaning in patterns: a name that holds them cannot be told by one. */
export function patternOf({ before, after }: Affix, names: readonly string[]): string {
  return `${before}{id}${after}${extensionOf(names)}`;
}

/** What nnU-Net appends to the name of a channel's file. @param channel 0-based */
export function numbered(channel: number): string {
  return `_${String(channel).padStart(4, "0")}`;
}
