/**
 * `dimseg data inspect`: from a folder of images to a first `dataset.yaml`, with every guess said in a sentence. The
 * user reads, corrects and keeps the file; nothing here is needed again after that.
 */
import { basename, join, resolve } from "node:path";
import { DataError } from "../../core/errors.js";
import type { Case, Split } from "../case-files.js";
import { formatNames } from "../formats/registry.js";
import type { DatasetFileInput } from "../schema.js";
import { groupImages } from "./grouping.js";
import { guessLabels } from "./label-guess.js";
import { type Layout, recogniseLayout } from "./layouts.js";
import { readManifest } from "./manifest.js";
import { type ImageSample, sampleHeaders, sampleImages, sampleMasks } from "./sampling.js";
import { type FolderContent, scanFolder } from "./scan.js";
import { casesOf, type DomainInput, proposeDomains } from "./splits.js";

/** One split of one domain as it was found. */
export interface InspectedSplit {
  readonly domain: string;
  readonly split: Split;
  readonly images: number;
  readonly masks: number;
  /** Stored sizes with their file counts, such as `800 x 800`; sampled. */
  readonly sizes: string;
  /** Values or colours found in the masks, sampled. */
  readonly values: string;
}

export interface Inspection {
  /** Content for a `dataset.yaml` whose `root` is the inspected folder. */
  readonly file: DatasetFileInput;
  readonly guesses: readonly string[];
  readonly splits: readonly InspectedSplit[];
}

interface FoundSplit {
  readonly domain: string;
  readonly split: Split;
  readonly cases: readonly Case[];
}

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
  const others = [...content.others].sort((a, b) => b[1] - a[1]);
  const found = others.slice(0, 3).map(([extension, number]) => `${number} .${extension}`);
  const instead = found.length > 0 ? `; it holds ${found.join(", ")} files` : "";
  throw new DataError(`${root}: holds no ${formatNames()} images${instead}; give a folder of 2-D images`);
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
      ? [`${oblong[0]} images${others} are squeezed to a square; predicted masks get their shape back`]
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

function nameOf(root: string, known: string | undefined): string {
  const name =
    known ??
    basename(root)
      .replace(/[^\p{L}\p{N} ._+-]+/gu, "-")
      .replace(/^[^\p{L}]+/u, "");
  return (name || "dataset").slice(0, 80);
}

function splitsOf(domains: readonly DomainInput[], root: string): FoundSplit[] {
  return domains.flatMap((domain) =>
    (["train", "test"] as const).flatMap((split) => {
      const source = domain[split];
      return source ? [{ domain: domain.name, split, cases: casesOf(source, root, domain.name, split) }] : [];
    }),
  );
}

async function describe({ domain, split, cases }: FoundSplit): Promise<InspectedSplit> {
  const headers = await sampleHeaders([cases], []);
  const masks = await sampleMasks([cases], []);
  const values = masks ? [...masks.values.keys()].sort((a, b) => a - b) : [];
  const shown = values
    .slice(0, 6)
    .map((value) => (masks?.coloured ? `#${value.toString(16).padStart(6, "0")}` : value));
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

/** The content rules of a folder that is no known layout. */
async function guessContent(root: string, content: FolderContent, found: readonly FoundSplit[], guesses: string[]) {
  const manifest = content.helpers.has("manifest.json") ? readManifest(join(root, "manifest.json")) : { classes: [] };
  const cases = found.map((one) => one.cases);
  const images = await sampleImages(cases, guesses);
  const { guess, classes, labels } = guessLabels(await sampleMasks(cases, guesses), manifest.classes);
  guesses.push(guess);
  if (images.channels === 1) guesses.push("images are grey");
  return {
    name: nameOf(root, manifest.dataset),
    target: "softmax" as const,
    channels: images.channels,
    resize: guessResize(images, guesses),
    ...guessIntensity(images, guesses),
    classes,
    labels,
  };
}

function layoutContent(layout: Layout, guesses: string[]): Omit<DatasetFileInput, "domains"> {
  const { title, domains: _, folder: __, subject: ___, note, ...content } = layout;
  guesses.push(`the folders are those of ${title}`, ...(note === undefined ? [] : [note]));
  return content;
}

/**
 * Finds images, masks, how they pair, domains, splits, sizes and label values of a folder.
 * @throws DataError when it is missing or unreadable, holds no images, several data sets, or one folder per case
 */
export async function inspectFolder(folder: string): Promise<Inspection> {
  const root = resolve(folder);
  const content = scanFolder(root);
  const { groups, guesses: found } = groupImages(content, root);
  if (groups.length === 0) refuseNothing(root, content);
  const guesses = [...found];
  const layout = recogniseLayout(
    [...new Set(groups.map((group) => group.domain))],
    groups.map((group) => group.images),
  );
  const { domains, ...proposed } = proposeDomains(groups, root, content.helpers, guesses, layout?.subject);
  refuseSeveralSets(root, content, domains);
  const splits = splitsOf(domains, root);
  const rules = layout ? layoutContent(layout, guesses) : await guessContent(root, content, splits, guesses);
  const described: InspectedSplit[] = [];
  for (const split of splits) described.push(await describe(split));
  if (described.every((split) => split.masks === 0)) guesses.push("all cases are unlabelled");
  return { file: { ...rules, ...proposed, domains }, guesses, splits: described };
}
