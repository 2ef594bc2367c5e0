/**
 * How the names of images and of their masks correspond. An image's id is what its name holds but for words that all
 * names share; a mask's name is an id with something before or after it, the same for all masks of a kind.
 */
import { foldCase } from "../../file-patterns.js";
import { choose } from "./choose-masks.js";
import { channelNote, channelPatterns, channelsOf, companionsOf } from "./companions.js";
import type { FileKeys } from "./file-keys.js";
import { type Family, familiesOf, familyPattern, fileText, pairsByFold, unionSize } from "./mask-families.js";
import { type Affix, idsUnder, patternOf, type Stem, sharedAffix, stemsOf } from "./stems.js";

/** How names of images and masks go together. */
export interface Pairing {
  readonly keys: FileKeys & { images: string };
  /** How many images have a mask. */
  readonly pairs: number;
  /** How many of them only where upper and lower case do not count. */
  readonly pairsByFold: number;
  /** What was decided, in sentences that begin with a file's name or a number. */
  readonly notes: readonly string[];
}

const imageAffixes: readonly Affix[] = ["image", "img"].flatMap((word) => [
  { before: `${word}_`, after: "" },
  { before: "", after: `_${word}` },
  { before: `${word}-`, after: "" },
  { before: "", after: `-${word}` },
  { before: word, after: "" },
]);

/** nnU-Net appends the number of the channel to the names of images. */
const channel: Affix = { before: "", after: "_0000" };

function imageCandidates(stems: readonly Stem[], hasChannels: boolean): Affix[] {
  if (hasChannels) return [channel];
  const { before, after } = sharedAffix(stems);
  return [
    { before: "", after: "" },
    ...imageAffixes,
    channel,
    { before, after: "" },
    { before: "", after },
    { before, after },
  ];
}

/**
 * Pairs the file names of an image folder with those of a mask folder. Where nothing fits, equal names are expected
 * all the same, so that a check of the data set names the files that miss each other.
 */
export function pairFolders(imageNames: readonly string[], maskNames: readonly string[]): Pairing {
  const all = stemsOf(imageNames);
  const masks = stemsOf(maskNames);
  const channels = channelsOf(all, masks);
  const companions = companionsOf(all);
  const aside = new Set([...channels, ...companions.flatMap(({ files }) => [...files.values()])]);
  const images = all.filter((stem) => !aside.has(stem));
  let best: { affix: Affix; ids: Map<string, string>; families: Family[]; pairs: number } | undefined;
  for (const affix of imageCandidates(images, channels.length > 0)) {
    const ids = idsUnder(affix, images);
    if (ids.size === 0) continue;
    const families = masks.length === 0 ? [] : familiesOf(ids, masks);
    const pairs = unionSize(families);
    if (!best || pairs > best.pairs) best = { affix, ids, families, pairs };
    if (pairs === images.length) break;
  }
  const affix = best?.affix ?? { before: "", after: "" };
  const used = images.filter(
    ({ folded }) => folded.startsWith(foldCase(affix.before)) && folded.endsWith(foldCase(affix.after)),
  );
  const except = companions.map(familyPattern);
  const pattern = patternOf(
    affix,
    (used.length > 0 ? used : all).map(({ name }) => name),
  );
  const furtherChannels = channelPatterns(pattern, used, channels);
  const shared = {
    images: pattern,
    ...(furtherChannels.length > 0 ? { furtherChannels } : {}),
    ...(except.length > 0 ? { except } : {}),
  };
  const notes = [
    ...channelNote(channels, furtherChannels.length > 0),
    ...companions.map((one) => `${fileText(one)}: neither images nor masks, left out`),
  ];
  if (!best || best.pairs === 0)
    return {
      keys: { ...shared, ...(masks.length > 0 ? { masks: patternOf({ before: "", after: "" }, maskNames) } : {}) },
      ...{ pairs: 0, pairsByFold: 0, notes },
    };
  const chosen = choose(best.families);
  return {
    keys: { ...shared, ...chosen.keys },
    pairs: unionSize(chosen.used),
    pairsByFold: pairsByFold(chosen.used, best.ids),
    notes: [...notes, ...chosen.notes],
  };
}
