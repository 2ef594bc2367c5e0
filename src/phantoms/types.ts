/**
 * What every phantom has in common: how one is named and what it consists of.
 * A phantom is a pure function of its key, so neither count nor order ever changes a picture.
 */
import { UsageError } from "../core/errors.js";
import { RandomStream } from "../core/random.js";

export type PhantomKind = "fundus" | "prostate";
export type PhantomSplit = "train" | "test";

/** The four camera domains of the fundus phantoms, named as the paper's Fundus set names them. */
export const fundusDomains = ["Domain1", "Domain2", "Domain3", "Domain4"] as const;
/** The six sites of the prostate phantoms, named and ordered as the paper's ProstateSlice set has them. */
export const prostateSites = ["BIDMC", "BMC", "HK", "I2CVB", "RUNMC", "UCL"] as const;

export type FundusDomain = (typeof fundusDomains)[number];
export type ProstateSite = (typeof prostateSites)[number];

/** Bounds of a uniform draw. */
export type Range = readonly [low: number, high: number];
/** Red, green and blue. */
export type Colour = readonly [number, number, number];
/** Red, green and blue planes, each `[size, size]`. */
export type Planes = readonly [Float32Array, Float32Array, Float32Array];

/** Everything that decides one picture. */
export interface PhantomKey<Domain extends string = string> {
  /** run seed, a safe non-negative integer */
  seed: number;
  domain: Domain;
  split: PhantomSplit;
  /** 0-based position within domain and split */
  index: number;
  /** side of the square picture in pixels, 32 to 1024; the anatomy does not depend on it */
  size: number;
}

/** A picture with its exact mask; the caller owns both arrays. */
export interface Phantom {
  size: number;
  channels: 1 | 3;
  /** `[size, size, channels]`, 0 to 255 */
  image: Uint8Array;
  /** `[size, size]` in the grey values of the paper's own files */
  mask: Uint8Array;
}

/** The domains of one kind, in the paper's order. */
export function phantomDomains(kind: PhantomKind): readonly string[] {
  return kind === "fundus" ? fundusDomains : prostateSites;
}

/** @throws UsageError when the size, seed or index cannot be drawn */
export function checkPhantomKey(key: PhantomKey): void {
  const { size, seed, index } = key;
  if (!Number.isInteger(size) || size < 32 || size > 1024)
    throw new UsageError(`phantom size is ${size}; choose a whole number of pixels from 32 to 1024`);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new UsageError(`phantom seed is ${seed}; choose a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
  if (!Number.isSafeInteger(index) || index < 0)
    throw new UsageError(`phantom index is ${index}; choose a whole number from 0 on`);
}

/** The stream of one aspect ("anatomy", "noise", ...) of one picture or patient; `iteration` numbers its layers. */
export function phantomStream(
  kind: PhantomKind,
  key: Omit<PhantomKey, "size">,
  aspect: string,
  iteration = 0,
): RandomStream {
  return new RandomStream(key.seed, `phantom.${kind}.${key.domain}.${key.split}.${aspect}`, iteration, key.index);
}
