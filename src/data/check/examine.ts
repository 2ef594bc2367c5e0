/** Looking at one case: do its files decode and fit each other, and what is in them. */
import { DataError } from "../../core/errors.js";
import { sha256 } from "../../core/sha256.js";
import type { Grid } from "../../grid/grid.js";
import { plane, type Samples, type StoredImage, sampleType } from "../../grid/stored-image.js";
import { type Case, caseName, type Dataset, ofDomain } from "../dataset.js";
import { type CaseBytes, decodeMask, decodeReaders, readCaseBytes, withRoomFor } from "../decode.js";
import { greyLevels } from "../images/grey-levels.js";
import { toBytes } from "../images/prepare-image.js";
import { decodePictureChannels } from "../images/read-channels.js";
import { ignoredCode } from "../masks/labels.js";
import { countValues } from "../value-counts.js";
import { agreementOf, type CaseAgreement } from "./agreement.js";
import { error, type Problem, warning } from "./problems.js";

/** What is known of one case after looking at it; the facts are missing where its files do not decode. */
export interface CaseFacts {
  readonly case: Case;
  readonly problems: readonly Problem[];
  /** Whether the image has more than 8 bits a sample, so that it needs an `intensity` rule. */
  readonly wide?: boolean;
  /** Between which grey levels the image lies as the network sees it, 0 … 255, but for 1 % of its pixels. */
  readonly levels?: readonly [number, number];
  /** Stored size, slowest axis first. */
  readonly shape?: readonly number[];
  /** Whether the image is not opaque everywhere. */
  readonly transparent?: boolean;
  /** Whether the mask has colours and is not opaque everywhere. */
  readonly maskTransparent?: boolean;
  /** Hash of the decoded pixels, so that the same image saved twice is recognised. */
  readonly imageHash?: string;
  /** Hashes of each channel's pixels, where images have several modalities. */
  readonly channelHashes?: readonly string[];
  /** Hash of the decoded mask; missing also for an empty mask. */
  readonly maskHash?: string;
  /** Share of the labelled pixels of each part of the data set, 0 … 1. */
  readonly partShares?: readonly number[];
  /** Share of the labelled pixels that belong to any part. */
  readonly foreground?: number;
  /** What several readers of the image have in common. */
  readonly agreement?: CaseAgreement;
  /** What is known of volumes alone. */
  readonly volume?: VolumeFacts;
}

/** A volume in its own grid. */
export interface VolumeFacts {
  /** As stored. */
  readonly grid: Grid;
  /** Cut into slices: `[slices, rows, columns]`. */
  readonly cut: Grid;
  /** The 0.5 and 99.5 percentiles of each channel's values. */
  readonly ranges: readonly (readonly [number, number])[];
  /** Values that its mask files hold. */
  readonly values: readonly number[];
}

/** The cases whose mask was decoded, with what it holds. */
export function judgedFacts(facts: readonly CaseFacts[]): { partShares: readonly number[]; foreground: number }[] {
  return facts.flatMap(({ partShares, foreground }) =>
    partShares === undefined || foreground === undefined ? [] : [{ partShares, foreground }],
  );
}

/** A mask of fewer foreground pixels says nothing about the image under it. */
const fewestTellingPixels = 16;

/** Hashes of an image's channels where these are modalities, so that equal ones are recognised. */
export function channelHashes(
  image: StoredImage,
  { channelNames }: Pick<Dataset, "channelNames">,
): Pick<CaseFacts, "channelHashes"> {
  if (!channelNames) return {};
  return { channelHashes: channelNames.map((_, channel) => hash(image.grid, plane(image, channel))) };
}

export function hash({ shape }: StoredImage["grid"], samples: Samples): string {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  return sha256(`${shape.join("x")}:`, bytes);
}

/** True when the image has one and the same colour everywhere under the mask: a mask of something else. */
function coversNothing({ samples, channels }: StoredImage, codes: Int32Array): boolean {
  let first = -1;
  let count = 0;
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] === 0 || codes[i] === ignoredCode) continue;
    if (first < 0) first = i;
    for (let c = 0; c < channels; c++)
      if (samples[c * codes.length + i] !== samples[c * codes.length + first]) return false;
    count++;
  }
  return count >= fewestTellingPixels;
}

/** Share of the pixels of every part, from the numbers of pixels of each code, and of all parts together; of those that somebody labelled. */
export function shares(
  dataset: Dataset,
  counted: ReadonlyMap<number, number>,
): Required<Pick<CaseFacts, "partShares" | "foreground">> {
  const counts = new Map(counted);
  counts.delete(ignoredCode);
  const labelled = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const holds = (code: number, index: number) =>
    dataset.target === "softmax" ? code === index : ((code >> index) & 1) === 1;
  const share = (wanted: (code: number) => boolean) =>
    [...counts].reduce((sum, [code, count]) => sum + (wanted(code) ? count : 0), 0) / Math.max(labelled, 1);
  return {
    partShares: dataset.parts.map((part) => share((code) => holds(code, part.index))),
    foreground: share((code) => code !== 0),
  };
}

/** Runs `task`; a {@link DataError} becomes a problem, anything else is a defect and goes on. */
export async function attempt<T>(problems: Problem[], task: () => Promise<T>): Promise<T | undefined> {
  try {
    return await task();
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    problems.push(error(cause.message));
    return undefined;
  }
}

/** Decodes a case's files at their stored size and reports what is wrong and what is in them. */
export async function examineCase(dataset: Dataset, one: Case): Promise<CaseFacts> {
  const problems: Problem[] = [];
  // Every reader is looked at, also where the first one alone counts; its files come first.
  const all: Case = one.otherReaders ? { ...one, readers: one.readers ?? "majority" } : one;
  const bytes = await attempt(problems, () => readCaseBytes(all));
  return bytes ? withRoomFor(all, bytes, () => examineBytes(dataset, one, bytes, problems)) : { case: one, problems };
}

async function examineBytes(dataset: Dataset, one: Case, bytes: CaseBytes, problems: Problem[]): Promise<CaseFacts> {
  const image = await attempt(problems, () => decodePictureChannels(one, bytes.channels));
  if (!image) return { case: one, problems };
  const seen = await attempt(problems, async () => toBytes(image, ofDomain(dataset, one.domain), one.imagePath));
  const facts = {
    case: one,
    problems,
    wide: sampleType(image.samples) !== "uint8",
    ...(seen ? { levels: greyLevels([seen]) } : {}),
    shape: image.grid.shape,
    imageHash: hash(image.grid, image.samples),
    ...channelHashes(image, dataset),
    transparent: image.alpha !== undefined,
  };
  const { mask, channels } = bytes;
  if (mask?.some((file) => channels.some((channel) => Buffer.compare(file, channel) === 0))) {
    problems.push(error(`${one.maskPath}: is the image itself and no mask; replace it`));
    return facts;
  }
  const decoded = mask && (await attempt(problems, () => decodeMask(dataset, one, mask, image)));
  if (!decoded) return facts;
  const { codes, transparent: maskTransparent } = decoded;
  const found = shares(dataset, countValues(codes));
  if (coversNothing(image, codes))
    problems.push(warning(`${caseName(one)}: the mask lies where the image has a single colour; check the pair`));
  return {
    ...facts,
    ...found,
    ...(await examineReaders(dataset, one, mask, image, problems)),
    maskTransparent,
    ...(found.foreground > 0 ? { maskHash: hash(image.grid, codes) } : {}),
  };
}

/** How an image's readers agree. A mask that cannot be read and does not count is only worth a warning. */
async function examineReaders(
  dataset: Dataset,
  one: Case,
  mask: readonly Uint8Array[],
  image: StoredImage,
  problems: Problem[],
): Promise<Pick<CaseFacts, "agreement">> {
  if (!one.otherReaders) return {};
  const unread: Problem[] = [];
  const readers = await attempt(unread, () => decodeReaders(dataset, one, mask, image));
  problems.push(...unread.map(({ message }) => warning(`${message} (another reader's mask, which does not count)`)));
  if (!readers) return {};
  return {
    agreement: agreementOf(
      readers.map(({ codes }) => codes),
      dataset,
    ),
  };
}
