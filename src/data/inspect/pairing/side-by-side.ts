/** Images and masks in one folder, told apart by their names. */
import { counted } from "../../../core/counted.js";
import { matchId } from "../../file-patterns.js";
import { isMaskAffix, isMaskName } from "../words.js";
import { type Pairing, pairFolders } from "./pairing.js";
import { isBorder, type Stem, stemsOf } from "./stems.js";

/** The files that are named as another one in their folder with a text before or after that, the same for all. */
export function namedAfterOthers(names: readonly string[]): string[] {
  const stems = stemsOf(names);
  const ids = new Set(stems.map(({ folded }) => folded));
  const families = new Map<string, string[]>();
  for (const { name, folded } of stems)
    for (let length = folded.length - 1; length > 0; length--) {
      const [head, tail] = [folded.slice(0, length), folded.slice(folded.length - length)];
      const after = folded.slice(length);
      const before = folded.slice(0, folded.length - length);
      const affix = ids.has(head) && isBorder(head[length - 1], after[0]) ? `*${after}` : undefined;
      const found = affix ?? (ids.has(tail) && isBorder(before[before.length - 1], tail[0]) ? `${before}*` : undefined);
      if (found === undefined) continue;
      families.set(found, [...(families.get(found) ?? []), name]);
      break;
    }
  const largest = [...families.values()].reduce<string[]>((best, one) => (one.length > best.length ? one : best), []);
  return 3 * largest.length >= names.length ? largest : [];
}

/** The files of a folder that are masks of others in it by their names. */
function masksAmong(stems: readonly Stem[]): Set<Stem> {
  const ids = new Set(stems.map(({ folded }) => folded));
  const masks = new Set(stems.filter(({ text }) => isMaskName(text)));
  for (const stem of stems) {
    if (masks.has(stem)) continue;
    // x_disc beside x: the longest shorter name that it begins with.
    for (let length = stem.folded.length - 1; length > 0; length--) {
      const head = stem.folded.slice(0, length);
      if (!ids.has(head) || !isBorder(head[length - 1], stem.folded[length])) continue;
      if (isMaskAffix(stem.text.slice(length))) masks.add(stem);
      break;
    }
  }
  return masks.size === stems.length ? new Set() : masks;
}

/** Pairs file names of one folder that holds images and masks side by side. */
export function pairWithin(names: readonly string[]): Pairing {
  const stems = stemsOf(names);
  const masks = masksAmong(stems);
  const images = stems.filter((stem) => !masks.has(stem)).map(({ name }) => name);
  const maskNames = [...masks].map(({ name }) => name);
  const found = pairFolders(images, maskNames);
  // Where no mask finds an image, words such as "label" in names mean something else.
  return found.pairs > 0 ? keepFromImages(found, maskNames) : pairFolders(names, []);
}

/** Names every mask that no pattern of masks covers among the exceptions, so that none of them becomes an image. */
function keepFromImages(found: Pairing, maskNames: readonly string[]): Pairing {
  const { images, masks, joined = [], masksByClass = {}, otherReaders = [], except = [] } = found.keys;
  const others = otherReaders.flatMap((one) => (typeof one === "string" ? one : Object.values(one)));
  const patterns = [...(masks ? [masks] : []), ...joined, ...Object.values(masksByClass), ...others, ...except];
  const open = maskNames.filter((name) => patterns.every((pattern) => matchId(name, pattern) === undefined));
  const ids = open.flatMap((name) => matchId(name, images) ?? []);
  if (ids.length === 0) return found;
  const one = ids.length === 1;
  const note = `${counted(ids.length, "file")} (${open[0]}${one ? "" : " ..."}) ${one ? "is" : "are"} named as masks and left out, as ${one ? "it finds no image or is" : "they find no image or are"} of another kind`;
  return { ...found, keys: { ...found.keys, except: [...except, ...ids] }, notes: [...found.notes, note] };
}
