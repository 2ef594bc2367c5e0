/** Files among the images that are named after them and are no images of their own: further channels, superpixels. */
import { counted } from "../../../core/counted.js";
import { groupBy } from "../../../core/group-by.js";
import { isAside, wordsOf } from "../words.js";
import type { Family } from "./mask-families.js";
import { numbered, type Stem } from "./stems.js";

/** More channels than scanners and stains give; longer series of numbers are slices or frames. */
const mostChannels = 6;

/**
 * Further channels of nnU-Net's images: numbered from _0000 alike for most images, of which there are several, and with
 * masks, if any, that are named after the image. Other numbers count slices, frames or cases.
 */
export function channelsOf(stems: readonly Stem[], masks: readonly Stem[]): Stem[] {
  const numbered = stems.flatMap((stem) => {
    const found = /^(.+)_(\d{4})$/.exec(stem.folded);
    return found ? [{ stem, id: found[1], number: Number(found[2]) }] : [];
  });
  const series = [...groupBy(numbered, ({ id }) => id).values()].map((files) => files.map(({ number }) => number));
  const most = Math.max(...series.map((numbers) => numbers.length));
  const alike =
    series.length > 1 &&
    most <= mostChannels &&
    series.every((numbers) => numbers.includes(0) && numbers.every((number) => number < most)) &&
    2 * series.filter((numbers) => numbers.length === most).length >= series.length;
  const further = numbered.filter(({ number }) => number > 0);
  const maskNames = new Set(masks.map(({ folded }) => folded));
  return alike && !further.some(({ stem }) => maskNames.has(stem.folded)) ? further.map(({ stem }) => stem) : [];
}

/**
 * The patterns of further channels' files where every image has all of them; none where one lacks any.
 * @param images  pattern of the first channel's files, `{id}_0000.png`
 * @param firsts  those files
 */
export function channelPatterns(images: string, firsts: readonly Stem[], channels: readonly Stem[]): string[] {
  const names = new Set(channels.map(({ name }) => name));
  const count = Math.floor(channels.length / Math.max(firsts.length, 1));
  const ends = Array.from({ length: count }, (_, i) => `${numbered(i + 1)}.`);
  const isWhole = firsts.every(({ name }) => ends.every((end) => names.has(name.replace(/_0000\.(?=[^.]*$)/, end))));
  return isWhole && count * firsts.length === channels.length ? ends.map((end) => images.replace("_0000.", end)) : [];
}

/** What is said of further channels; nothing where there are none. @param used whether all images have all of them */
export function channelNote(channels: readonly Stem[], used: boolean): string[] {
  if (channels.length === 0) return [];
  const one = channels.length === 1;
  const idle = used ? "" : ` and ${one ? "is" : "are"} not used, as some images lack theirs`;
  return [
    `${counted(channels.length, "file")} (${channels[0].name}${one ? "" : " ..."}) ${one ? "is a further channel" : "are further channels"} (nnU-Net)${idle}`,
  ];
}

/** Files that are named after an image and are neither image nor mask, such as its superpixels. */
export function companionsOf(stems: readonly Stem[]): Family[] {
  const ids = new Map(stems.map(({ folded, text }) => [folded, text]));
  const families = new Map<string, Family>();
  for (const stem of stems) {
    if (!isAside(wordsOf(stem.text).slice(-1))) continue;
    const cut = /^(.*[^\p{L}\p{N}])?(\p{L}+)$/u.exec(stem.text)?.[2].length ?? 0;
    const after = stem.text.slice(stem.text.length - cut - 1);
    const id = stem.folded.slice(0, stem.folded.length - after.length);
    if (cut === 0 || !ids.has(id)) continue;
    const family = families.get(after) ?? { before: "", after, files: new Map<string, Stem>() };
    families.set(after, family);
    family.files.set(id, stem);
  }
  return [...families.values()];
}
