/**
 * One way of reading a data set, in a process of its own, so that its memory is its own: draws batches with pauses as steps of a
 * network would make, and prints what came of it. Or lists a million names that no file stands behind.
 */
import fs, { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { performance } from "node:perf_hooks";
import type { Augmenter } from "../src/augment/index.js";
import { type CacheMode, DecodedCache } from "../src/data/cache/decoded-cache.js";
import { imagesBCS } from "../src/data/case-tensors.js";
import { loadDataset } from "../src/data/dataset.js";
import { splitProtocol } from "../src/data/protocol.js";
import { formatSplit } from "../src/runs/split-record.js";
import { scope } from "../src/torch/index.js";
import { Batches } from "../src/training/batches/batches.js";
import { Sampler } from "../src/training/batches/sampler.js";

export interface ReadingSettings {
  dataset: string;
  mode: CacheMode;
  /** Whether prepared images are on disk, and may be written there. */
  disk: boolean;
  memoryBytes: number;
  threads: number;
  ahead: number;
  batch: number;
  steps: number;
  /** Milliseconds in which the main thread does nothing but count. */
  pause: number;
}

export interface ReadingAnswer {
  imagesPerSecond: number;
  /** Bytes: of arrays and programs, and of mapped files beside them, in the middle and at the end. */
  anonymous: readonly [number, number];
  mapped: readonly [number, number];
}

export interface ListingAnswer {
  seconds: number;
  bytes: number;
  firstBatch: number;
  laterBatch: number;
  splitBytes: number;
}

function residentBytes(kind: "RssAnon" | "RssFile"): number {
  const found = new RegExp(`^${kind}:\\s+(\\d+) kB`, "m").exec(readFileSync("/proc/self/status", "utf8"));
  return 1024 * Number(found?.[1] ?? 0);
}

function compute(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

async function read(settings: ReadingSettings): Promise<ReadingAnswer> {
  const { mode, disk, memoryBytes, threads, ahead, batch, steps, pause } = settings;
  const dataset = loadDataset(settings.dataset);
  const cases = dataset.domains[0].cases("train");
  const cache = new DecodedCache(dataset, { mode, memoryBytes, threads, ...(disk ? {} : { folder: false }) });
  if (disk) await cache.prepare(cases);
  const draws = {
    length: cases.length,
    get: (at: readonly number[]) => Promise.all(at.map((i) => cache.get(cases[i]))),
  };
  const batches = new Batches({
    ...{ dataset, labelledBatch: batch, unlabelledBatch: 0, seed: 1, device: "cpu", normalisation: "levels" as never },
    draws: { labelled: draws, unlabelled: { length: 0, get: async () => [] }, domains: [] },
    // Views are no part of what is measured.
    augmenter: {} as Augmenter,
    ahead: { count: ahead, iterations: steps },
  });
  const anonymous: number[] = [];
  const mapped: number[] = [];
  const begin = performance.now();
  for (let step = 0; step < steps; step++) {
    const { labelled } = await batches.fetch(step);
    scope(() => void imagesBCS(labelled, "cpu"));
    compute(pause);
    await new Promise(setImmediate);
    if (step !== Math.floor(steps / 2) && step !== steps - 1) continue;
    anonymous.push(residentBytes("RssAnon"));
    mapped.push(residentBytes("RssFile"));
  }
  const seconds = (performance.now() - begin) / 1000;
  return {
    imagesPerSecond: (steps * batch) / seconds,
    anonymous: anonymous as [number, number],
    mapped: mapped as [number, number],
  };
}

/** Puts names of a million images into a folder, of which the first few have masks; none of them is looked at. */
function listNames(folder: string, count: number): void {
  const real = fs.readdirSync;
  const names = (end: number) => Array.from({ length: end }, (_, i) => `slice-${String(i).padStart(7, "0")}.png`);
  const listed = (path: fs.PathLike, ...rest: unknown[]) => {
    if (String(path) === `${folder}/images`) return names(count);
    if (String(path) === `${folder}/masks`) return names(100);
    return Reflect.apply(real, fs, [path, ...rest]);
  };
  fs.readdirSync = listed as typeof fs.readdirSync;
  syncBuiltinESMExports();
}

function list({ folder, dataset: path, count }: { folder: string; dataset: string; count: number }): ListingAnswer {
  listNames(folder, count);
  const before = process.memoryUsage().rss;
  const begin = performance.now();
  const dataset = loadDataset(path);
  const split = splitProtocol(dataset, { labelledDomain: "A", labelledCount: 20, validationCount: 5 });
  const seconds = (performance.now() - begin) / 1000;
  const bytes = process.memoryUsage().rss - before;
  const sampler = new Sampler(split.unlabelled.length, 4, 1, "unlabelled");
  const time = (task: () => void) => {
    const start = performance.now();
    task();
    return (performance.now() - start) / 1000;
  };
  const firstBatch = time(() => sampler.batch(0));
  const laterBatch = time(() => {
    for (let i = 1; i <= 1000; i++) sampler.batch(i);
  });
  return {
    seconds,
    bytes,
    firstBatch,
    laterBatch: laterBatch / 1000,
    splitBytes: formatSplit(split, new Map()).length,
  };
}

const settings = JSON.parse(process.argv[2]);
console.log(JSON.stringify("count" in settings ? list(settings) : await read(settings)));
