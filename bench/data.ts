/**
 * Data that is larger than the memory it may take: images a second and memory with images decoded each time, mapped from the
 * cache on disk and held, and what a list of a million images costs. There is no peer; the aim is that memory does not grow.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import type { ListingAnswer, ReadingAnswer, ReadingSettings } from "./data-worker.js";
import type { BenchOptions, BenchReport, Row } from "./report.js";

const prepared = 256;
const batch = 8;
const pause = 60;

const yaml = (size: number) => `name: bench
target: softmax
channels: 3
resize: { size: ${size} }
classes: [{ index: 0, name: background }, { index: 1, name: object }]
labels: { kind: values, map: { 0: background, 255: object } }
domains:
  - name: A
    train: { images: "images/{id}.*", masks: "masks/{id}.png" }
`;

/** Photographs of noise on a ramp, which cost a decoder as much as real ones. */
async function drawImages(folder: string, count: number, side: number): Promise<void> {
  for (const kind of ["images", "masks"]) mkdirSync(join(folder, kind), { recursive: true });
  const pixels = Buffer.alloc(side * side * 3);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < pixels.length; i++) pixels[i] = ((i / side) % 190) + ((i * 7919 + n * 104729) % 61);
    const raw = { width: side, height: side, channels: 3 as const };
    await sharp(pixels, { raw })
      .jpeg({ quality: 92 })
      .toFile(join(folder, "images", `${String(n).padStart(5, "0")}.jpg`));
  }
  writeFileSync(join(folder, "dataset.yaml"), yaml(prepared));
}

function ask<T>(settings: object): T {
  const worker = fileURLToPath(new URL("data-worker.js", import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [worker, JSON.stringify(settings)], { encoding: "utf8" }));
}

/** Says what is measured next; the table comes at the end. */
const say = (what: string) => console.error(`data: ${what}`);

const megabytes = (bytes: number) => Math.round(bytes / 1e6);

export async function run({ quick }: BenchOptions): Promise<BenchReport> {
  const [count, side, steps] = quick ? [40, 512, 20] : [200, 1024, 100];
  const folder = mkdtempSync(join(tmpdir(), "dimseg-data-bench-"));
  try {
    say(`drawing ${count} images`);
    await drawImages(folder, count, side);
    const all = count * prepared * prepared * 3;
    const common = { dataset: join(folder, "dataset.yaml"), batch, steps, pause };
    const small = { ...common, memoryBytes: all / 8 };
    const ways: [string, ReadingSettings][] = [
      ["decoded each time", { ...small, mode: "memory", disk: false, threads: 0, ahead: 0 }],
      ["  2 batches ahead", { ...small, mode: "memory", disk: false, threads: 0, ahead: 2 }],
      ["  and by a thread", { ...small, mode: "memory", disk: false, threads: 1, ahead: 2 }],
      ["read from the cache", { ...small, mode: "memory", disk: true, threads: 1, ahead: 2 }],
      ["mapped from the cache", { ...small, mode: "disk", disk: true, threads: 1, ahead: 2 }],
      ["all held in memory", { ...common, memoryBytes: 2 * all, mode: "memory", disk: true, threads: 1, ahead: 2 }],
    ];
    const rows = ways.map(([way, settings]): Row => {
      say(way.trim());
      const { imagesPerSecond, anonymous, mapped } = ask<ReadingAnswer>(settings);
      return {
        images: way,
        "budget MB": megabytes(settings.memoryBytes),
        "images/s": Math.round(10 * imagesPerSecond) / 10,
        "MB half-way": megabytes(anonymous[0]),
        "MB at the end": megabytes(anonymous[1]),
        "files MB": megabytes(mapped[1]),
      };
    });
    const names = quick ? 50_000 : 1_000_000;
    say(`listing ${names} names`);
    const listed = ask<ListingAnswer>({ folder, dataset: common.dataset, count: names });
    return {
      title: "Data larger than the memory it may take",
      rows,
      notes: [
        `${count} JPEG images of ${side} x ${side}, ${prepared} x ${prepared} when prepared: ${megabytes(all)} MB. ${steps} steps of ${batch} images, each with ${pause} ms in which the main thread computes.`,
        "MB: of arrays and programs (RssAnon); files: of programs and mapped entries, which the system takes back when it needs room (RssFile).",
        `${names} names listed: opened in ${listed.seconds.toFixed(1)} s and ${megabytes(listed.bytes)} MB without a file being read; the first batch of an epoch takes ${Math.round(1000 * listed.firstBatch)} ms, each other ${(1e6 * listed.laterBatch).toFixed(1)} µs; split.json has ${megabytes(listed.splitBytes)} MB, once a run.`,
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
