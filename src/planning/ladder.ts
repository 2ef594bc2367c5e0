/**
 * Settings of growing cost, each with the number of steps below which it is not worth its cost. A plan takes the highest
 * one that the time is enough for.
 */
import type { Tree } from "../config/config-tree.js";
import type { Frame } from "../grid/frame.js";
import { voxelCount } from "../grid/grid.js";
import type { Patch } from "./patches.js";

/** One of them. */
export interface Rung {
  readonly model: Tree & { readonly name: string; readonly width: number };
  readonly labelledBatch: number;
  readonly unlabelledBatch: number;
  /** Of networks of pictures. */
  readonly frame?: Frame;
  /** Of networks of volumes. */
  readonly patch?: Patch;
  /** Steps that it needs. */
  readonly needs: number;
  /** Cost of a step beside that of other rungs: pixels of a batch times width. */
  readonly work: number;
}

/** Steps that a width needs: studies/real-smoke, preset small, between it and the next, and preset fundus. */
const pictureSteps: readonly (readonly [width: number, steps: number])[] = [
  [8, 1000],
  [16, 2000],
  [32, 8000],
  [64, 30000],
];
/** Preset small-volumes, and presets la and pancreas (BCP's steps). */
const volumeSteps: readonly (readonly [width: number, steps: number])[] = [
  [8, 1000],
  [16, 17000],
];

/** As many as the paper's; with 2 + 2 the same method was 19 points worse (studies/family beside real-smoke). */
const pictureBatch = 4;
/** nnU-Net's least, and that of studies/volumes. */
const volumeBatch = 2;

/**
 * Networks of pictures: first large enough for what is labelled, then twice as wide, then up to the images' own size, then
 * wider still.
 * @param frames ascending
 * @param needed index of the first at which what is labelled survives
 */
export function pictureLadder(frames: readonly Frame[], needed: number): Rung[] {
  const [narrow, usual, ...wide] = pictureSteps;
  const last = frames[frames.length - 1];
  const places = [
    ...frames.slice(0, needed + 1).map((frame) => [frame, narrow] as const),
    ...frames.slice(needed).map((frame) => [frame, usual] as const),
    ...wide.map((one) => [last, one] as const),
  ];
  return places.map(([frame, [width, needs]]) => ({
    ...{ model: { name: "unet", width }, labelledBatch: pictureBatch, unlabelledBatch: pictureBatch, frame, needs },
    work: frame.height * frame.width * width * pictureBatch,
  }));
}

/** Networks of volumes: first patches up to the median volume, then twice as wide. @param patches ascending */
export function volumeLadder(patches: readonly Patch[]): Rung[] {
  const [narrow, wide] = volumeSteps;
  const places = [...patches.map((patch) => [patch, narrow] as const), [patches[patches.length - 1], wide] as const];
  return places.map(([patch, [width, needs]]) => ({
    ...{ model: { name: "unet-3d", width, norm: "batch" }, labelledBatch: volumeBatch, unlabelledBatch: volumeBatch },
    ...{ patch, needs, work: voxelCount({ shape: patch }) * width * volumeBatch },
  }));
}

/** Bytes of activations that a U-Net keeps for each pixel and channel of its full resolution until it goes back. */
const bytesKept = 112;

/**
 * What a step keeps in memory, in bytes, in float32: maps of all levels for every image of every view. A bound for
 * choosing, not a measurement.
 * @param views batches of the student that are kept at once
 */
export function memoryOf({ work }: Pick<Rung, "work">, views: number): number {
  return bytesKept * work * views;
}

/** A rung in the words of tables. */
export function rungText({ model, frame, patch }: Rung): string {
  const size = patch ? `patches of ${patch.join(" x ")}` : `${frame?.width} x ${frame?.height} pixels`;
  return `${size}, width ${model.width}`;
}
