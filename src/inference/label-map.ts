/**
 * What can be made of a label map, class numbers `[H, W]` (softmax) or 0/1 planes `[K, H, W]` (sigmoid): the mask of one
 * class, and one number a pixel for mask files. Those are the class numbers with softmax. Where classes overlap
 * (sigmoid) it is the class's index + 1 and 0 is no class; of several classes at a pixel the innermost by the data
 * set's nesting counts (the cup rather than the disc around it), else the later one. `ignoredLabel`, which only a
 * reference can hold, is of no class.
 */
import { ignoredLabel, type TargetKind } from "../core/target-kind.js";
import type { DatasetClass } from "../data/dataset-class.js";

interface ClassRules {
  readonly target: TargetKind;
  readonly classes: readonly DatasetClass[];
}

interface PartRules {
  readonly target: TargetKind;
  readonly parts: readonly DatasetClass[];
}

/**
 * One class's 0/1 mask.
 * @param pixels height times width
 */
export function classMask(labels: Uint8Array, index: number, target: TargetKind, pixels: number): Uint8Array {
  if (target === "softmax") return labels.map((value) => (value === index ? 1 : 0));
  const mask = labels.slice(index * pixels, (index + 1) * pixels);
  for (let i = mask.indexOf(ignoredLabel); i >= 0; i = mask.indexOf(ignoredLabel, i + 1)) mask[i] = 0;
  return mask;
}

/** 1 where any of the parts is. @param voxels of the grid */
export function foreground(labels: Uint8Array, { target, parts }: PartRules, voxels: number): Uint8Array {
  const all = new Uint8Array(voxels);
  for (const { index } of parts) {
    const mask = classMask(labels, index, target, voxels);
    for (let i = 0; i < voxels; i++) all[i] |= mask[i];
  }
  return all;
}

/** How many values of a label map are ignored: pixels, once for each class that may overlap. */
export function ignoredCount(labels: Uint8Array): number {
  let count = 0;
  for (let i = labels.indexOf(ignoredLabel); i >= 0; i = labels.indexOf(ignoredLabel, i + 1)) count++;
  return count;
}

/** The label map with 0, no class, where a reference of the same form ignores what is there. */
export function withoutIgnored(labels: Uint8Array, reference: Uint8Array): Uint8Array {
  if (!reference.includes(ignoredLabel)) return labels;
  return labels.map((value, i) => (reference[i] === ignoredLabel ? 0 : value));
}

/** How many classes a class lies inside of. */
function depth(one: DatasetClass, classes: readonly DatasetClass[]): number {
  const outer = classes.find(({ name }) => name === one.inside);
  return outer ? 1 + depth(outer, classes) : 0;
}

/** Classes from the outermost in, so that drawing them in this order leaves the innermost visible. */
export function outermostFirst(classes: readonly DatasetClass[]): DatasetClass[] {
  return [...classes].sort((a, b) => depth(a, classes) - depth(b, classes) || a.index - b.index);
}

/** The number that stands for a class in an index map. */
export function indexValue({ index }: DatasetClass, target: TargetKind): number {
  return target === "softmax" ? index : index + 1;
}

/** The index map `[H, W]` of a label map; `ignoredLabel` stays. */
export function indexMap(labels: Uint8Array, { target, classes }: ClassRules): Uint8Array {
  if (target === "softmax") return labels.slice();
  const pixels = labels.length / classes.length;
  const map = new Uint8Array(pixels);
  for (const one of outermostFirst(classes)) {
    const value = indexValue(one, target);
    const plane = labels.subarray(one.index * pixels, (one.index + 1) * pixels);
    for (let i = 0; i < pixels; i++) if (plane[i] !== 0) map[i] = plane[i] === ignoredLabel ? ignoredLabel : value;
  }
  return map;
}
