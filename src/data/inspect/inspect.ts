/**
 * `dimseg data inspect`: from a folder of images to a first `dataset.yaml`, with every guess said in a sentence. The
 * user reads, corrects and keeps the file; nothing here is needed again after that.
 */
import { join, resolve } from "node:path";
import { DataError } from "../../core/errors.js";
import { formatNames } from "../formats/registry.js";
import type { DatasetFileInput } from "../schema.js";
import { agreedChannels, channelKeys } from "./channel-keys.js";
import { type ClassFileRules, guessClassFiles, haveClassFiles } from "./class-files.js";
import { findBroken } from "./files/broken.js";
import { withoutBroken } from "./files/broken-cases.js";
import { seriesOrFiles } from "./files/dicom-series.js";
import { leftOutText } from "./files/left-out.js";
import { outlinesText } from "./files/outlines-text.js";
import { type ImageSample, sampleHeaders, sampleImages } from "./files/sampling.js";
import { type FolderContent, scanFolder } from "./files/scan.js";
import type { InspectedSplit, Inspection } from "./inspection.js";
import type { ClassNames } from "./labels/class-names.js";
import { hexOf } from "./labels/coding.js";
import { judgeMasks, readAllMasks } from "./labels/judge.js";
import type { DomainMasks } from "./labels/masks.js";
import { type Proposal, proposeLabels } from "./labels/propose.js";
import { type RegionRules, regionRules } from "./labels/regions.js";
import { type Layout, misfit, recogniseLayout } from "./layouts.js";
import { readChannelNames, readNames } from "./manifest.js";
import { type MixedRules, withWholeMasks } from "./mixed-files.js";
import { groupImages } from "./pairing/grouping.js";
import { twoValuedByName } from "./pairing/masks-by-values.js";
import type { Progress } from "./progress.js";
import { nameOf } from "./set-name.js";
import { type FoundSplit, splitsOf } from "./splits/found-splits.js";
import { gatherPatients } from "./splits/patient-folders.js";
import type { DomainInput } from "./splits/split-input.js";
import { proposeDomains } from "./splits/splits.js";
import { inspectSeries } from "./volumes/inspect-series.js";
import { inspectVolumes } from "./volumes/inspect-volumes.js";
import { oneKind } from "./volumes/kinds.js";

export type { InspectedSplit, Inspection } from "./inspection.js";

/** A folder of data sets rather than one: say so instead of calling every set a domain. */
function refuseSeveralSets(root: string, content: FolderContent, domains: readonly DomainInput[]): void {
  const tops = [...new Set(domains.map((domain) => domain.name.split("/")[0]))];
  const isSet = (top: string) => {
    const inside = domains.filter((domain) => domain.name.startsWith(`${top}/`));
    const names = inside.map((domain) => domain.name.slice(top.length + 1));
    const images = inside.map((domain) => domain.train?.images ?? domain.test?.images ?? "");
    return content.helpers.has(`${top}/manifest.json`) || recogniseLayout(names, images) !== undefined;
  };
  const sets = tops.filter(isSet);
  if (sets.length > 0)
    throw new DataError(
      `${root}: holds the data sets ${sets.join(", ")}; inspect one of them, as ${join(root, sets[0])}`,
    );
}

function refuseNothing(root: string, content: FolderContent): never {
  const others = [...content.others].sort((a, b) => b[1].count - a[1].count);
  const found = others.slice(0, 3).map(([extension, { count }]) => `${count} .${extension}`);
  const instead = found.length > 0 ? `; it holds ${found.join(", ")} files` : "";
  const { count, first, target } = content.dangling;
  const links = count > 0 ? `; ${count} links lead nowhere (${first} -> ${target}), mount or mend their target` : "";
  throw new DataError(
    `${root}: holds no ${formatNames()} images${instead}${links}; give a folder of images or volumes`,
  );
}

/** Size of the square: as stored where that is one small square, else what the paper's fundus set uses. */
function guessResize(sample: ImageSample, guesses: string[]): DatasetFileInput["resize"] {
  const [size, ...more] = [...sample.sizes.keys()];
  const [width, height] = (size ?? "").split(" x ").map(Number);
  if (more.length === 0 && width === height && width <= 512) {
    guesses.push(
      `all images are ${size}, so they are not resized here; the imageSize of a configuration or its preset decides at which size it trains and judges`,
    );
    return { size: width };
  }
  const oblong = [...sample.sizes.keys()].filter((one) => new Set(one.split(" x ")).size > 1);
  const others = oblong.length > 1 ? ` (and ${oblong.length - 1} other sizes)` : "";
  guesses.push(
    "images are resized to 256 x 256; choose another resize.size if details are lost, and see imageSize in the configuration",
    ...(oblong.length > 0
      ? [
          `${oblong[0]} images${others} are squeezed to a square; predicted masks get their shape back; mode: pad under resize keeps it`,
        ]
      : []),
  );
  return { size: 256 };
}

function guessIntensity(sample: ImageSample, guesses: string[]): Pick<DatasetFileInput, "intensity"> {
  if (!sample.wideLevels) return {};
  const [low, found] = sample.wideLevels;
  const high = Math.max(found, low + 1);
  guesses.push(
    `${sample.narrow ? "some " : ""}images have 16 bits: grey ${low} to ${high} (0.5 to 99.5 % of their pixels) becomes ` +
      `0 to 255${sample.narrow ? "; images of 8 bits stay as they are" : ""}`,
  );
  return { intensity: { low, high } };
}

async function describe({ domain, split, cases }: FoundSplit, masks?: DomainMasks): Promise<InspectedSplit> {
  const headers = await sampleHeaders([cases], []);
  const values = masks?.values.get(split) ?? [];
  const shown = values.slice(0, 6).map((value) => (masks?.tally.coloured ? hexOf(value) : value));
  const sizes = [...headers.sizes.keys()];
  return {
    domain,
    split,
    images: cases.length,
    masks: cases.filter((one) => one.maskPath !== undefined).length,
    sizes: sizes.length > 2 ? `${sizes[0]} and ${sizes.length - 1} others` : sizes.join(", "),
    values: values.length > 6 ? `${shown.join(", ")} and ${values.length - 6} others` : shown.join(", "),
  };
}

/** Classes and label rules: of whole masks, of files for every class, or of both in different domains. */
async function guessRules(
  found: readonly FoundSplit[],
  masks: ReadonlyMap<string, DomainMasks>,
  names: ClassNames,
  guesses: string[],
): Promise<
  Proposal | MixedRules | { rules: ClassFileRules | RegionRules; own?: undefined; guesses: readonly string[] }
> {
  const byFile = await guessClassFiles(
    found.flatMap((one) => one.cases),
    guesses,
  );
  if (!byFile) {
    const seen = [...masks.values()].flatMap(({ tally }) => [...tally.values.keys()]);
    const regions = regionRules(names, seen, guesses);
    return regions ? { rules: regions, guesses: [] } : proposeLabels(await judgeMasks(masks), names);
  }
  const withFiles = new Set(found.filter(({ cases }) => haveClassFiles(cases)).map(({ domain }) => domain));
  const whole = new Map([...masks].filter(([domain]) => !withFiles.has(domain)));
  if (whole.size === 0) return { rules: byFile, guesses: [] };
  return withWholeMasks(byFile, proposeLabels(await judgeMasks(whole), names), [...whole.keys()]);
}

/** The content rules of a folder that is no known layout. @param files of an image, a channel each where there are several */
async function guessContent(
  root: string,
  { helpers }: FolderContent,
  found: readonly FoundSplit[],
  masks: ReadonlyMap<string, DomainMasks>,
  files: number,
  guesses: string[],
) {
  const { title, ...names } = readNames(root, helpers, guesses);
  const images = await sampleImages(
    found.map((one) => one.cases),
    guesses,
  );
  const { rules, own, guesses: told } = await guessRules(found, masks, names, guesses);
  guesses.push(...told);
  if (files === 1 && images.channels === 1) guesses.push("images are grey");
  const channels =
    files === 1 ? { channels: images.channels } : channelKeys(files, 1, readChannelNames(root, helpers), guesses);
  const content = {
    name: nameOf(root, title),
    target: "softmax" as const,
    ...channels,
    resize: guessResize(images, guesses),
    ...guessIntensity(images, guesses),
    ...rules,
  };
  return { content, own };
}

function layoutContent(layout: Layout, guesses: string[]): Omit<DatasetFileInput, "domains"> {
  const { title, domains: _, folder: __, subject: ___, masks: ____, note, ...content } = layout;
  guesses.push(`the folders are those of ${title}`, ...(note === undefined ? [] : [note]));
  return content;
}

/** Why a folder that is called as a known one is none; undefined where its masks are as they should be. */
function contradiction(layout: Layout, masks: ReadonlyMap<string, DomainMasks>): string | undefined {
  for (const [domain, { tally }] of masks) {
    const why = misfit(layout, tally);
    if (why !== undefined)
      return `the folders are called as those of ${layout.name}, but the masks of ${domain} are not its: ${why}; so the masks decide`;
  }
  return undefined;
}

/**
 * Finds images, masks, how they pair, domains, splits, sizes and label values of a folder.
 * @param progress told while all files are looked at
 * @throws DataError when it is missing or unreadable, holds no images, or several data sets
 */
export async function inspectFolder(folder: string, progress: Progress = () => {}): Promise<Inspection> {
  const root = resolve(folder);
  const scanned = scanFolder(root);
  const { series, content: files, told } = await seriesOrFiles(root, scanned, progress);
  if (series) return inspectSeries(root, series, [...leftOutText(scanned), ...told], progress);
  const { content, isVolumes, guesses: ofKinds } = oneKind(files);
  const ofFiles = [...leftOutText(content), ...told, ...ofKinds];
  if (isVolumes) return inspectVolumes(root, content, ofFiles, progress);
  const broken = await findBroken(root, content.images, progress);
  const labelMaps = await twoValuedByName(root, content.images, ofFiles);
  const { groups: all, guesses: found } = await groupImages({ ...content, labelMaps }, root);
  const { groups: ofFolders, count } = agreedChannels(withoutBroken(all, broken, root, ofFiles), ofFiles);
  if (ofFolders.length === 0) refuseNothing(root, content);
  const ofPatients: string[] = [];
  const { groups, patients } = gatherPatients(ofFolders, root, ofPatients);
  const byName = recogniseLayout(
    [...new Set(groups.map((group) => group.domain))],
    ofFolders.map((group) => group.source.images),
  );
  const propose = (layout: Layout | undefined) =>
    proposeDomains(groups, root, content.helpers, { ofLayout: layout?.subject, patients });
  const called = propose(byName);
  refuseSeveralSets(root, content, called.domains);
  const ofMasks: string[] = [];
  const masks = await readAllMasks(splitsOf(called.domains, root), ofMasks);
  const contradicted = byName && contradiction(byName, masks);
  const layout = contradicted === undefined ? byName : undefined;
  const { domains, guesses: ofDomains, ...proposed } = layout === byName ? called : propose(layout);
  const splits = splitsOf(domains, root);
  const guesses = [
    ...ofFiles,
    ...found,
    ...ofPatients,
    ...ofDomains,
    ...ofMasks,
    ...(contradicted === undefined ? [] : [contradicted]),
  ];
  const { content: rules, own = {} } = layout
    ? { content: layoutContent(layout, guesses) }
    : await guessContent(root, content, splits, masks, count, guesses);
  const labelled = domains.map((one) => (Object.hasOwn(own, one.name) ? { ...one, labels: own[one.name] } : one));
  const described: InspectedSplit[] = [];
  for (const split of splits) described.push(await describe(split, masks.get(split.domain)));
  if (described.every((split) => split.masks === 0))
    guesses.push("all cases are unlabelled", ...outlinesText(root, scanned));
  return { file: { ...rules, ...proposed, domains: labelled }, guesses, splits: described };
}
