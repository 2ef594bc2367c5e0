/**
 * How quickly a large folder becomes a data set: `data inspect` and `data check` on a drawn folder of small PNG images in
 * four domains, every tenth with a mask. There is no peer; the target is a minute and a gigabyte for both together.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import type { BenchOptions, BenchReport } from "./report.js";

const side = 64;
const domains = ["A", "B", "C", "D"];
const maskEvery = 10;
const targetSeconds = 60;
const targetBytes = 1e9;

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** An 8-bit grey PNG. */
function greyPng(pixels: Uint8Array): Buffer {
  const header = Buffer.from([0, 0, 0, side, 0, 0, 0, side, 8, 0, 0, 0, 0]);
  const rows = Buffer.alloc(side * (side + 1));
  for (let y = 0; y < side; y++) rows.set(pixels.subarray(y * side, (y + 1) * side), y * (side + 1) + 1);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 1 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A disc on a ramp; every number gives another image. */
function drawCase(n: number): { image: Buffer; mask: Buffer } {
  const image = new Uint8Array(side * side);
  const mask = new Uint8Array(side * side);
  const [cx, cy, r] = [20 + (n % 23), 20 + ((n * 7) % 24), 6 + (n % 9)];
  for (let i = 0; i < image.length; i++) {
    const [x, y] = [i % side, Math.floor(i / side)];
    mask[i] = (x - cx) ** 2 + (y - cy) ** 2 <= r * r ? 255 : 0;
    image[i] = (mask[i] ? 150 : 40) + ((x * 3 + y * 5 + ((x * y * (n % 31)) % 29)) % 64);
  }
  // The number itself, so that no two images are the same.
  new DataView(image.buffer).setUint32(0, n);
  return { image: greyPng(image), mask: greyPng(mask) };
}

/** Draws the folder; returns how many files it holds. */
function drawFolder(folder: string, images: number): number {
  for (const domain of domains)
    for (const kind of ["images", "masks"]) mkdirSync(join(folder, domain, kind), { recursive: true });
  let files = 0;
  for (let n = 0; n < images; n++) {
    const domain = join(folder, domains[n % domains.length]);
    const index = Math.floor(n / domains.length);
    const name = `${String(index).padStart(6, "0")}.png`;
    const { image, mask } = drawCase(n);
    writeFileSync(join(domain, "images", name), image);
    files++;
    if (index % maskEvery === 0) {
      writeFileSync(join(domain, "masks", name), mask);
      files++;
    }
  }
  return files;
}

interface Answer {
  seconds: number;
  peakBytes: number;
  problems: number;
}

function ask(verb: string, folder: string, path: string): Answer {
  const worker = fileURLToPath(new URL("intake-worker.js", import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [worker, verb, folder, path], { encoding: "utf8" }));
}

export async function run({ quick }: BenchOptions): Promise<BenchReport> {
  const images = quick ? 2000 : 100_000;
  const folder = mkdtempSync(join(tmpdir(), "dimseg-intake-"));
  try {
    const files = drawFolder(folder, images);
    const path = join(folder, "dataset.yaml");
    const answers = ["inspect", "check"].map((verb) => ({ verb, ...ask(verb, folder, path) }));
    const seconds = answers.reduce((sum, one) => sum + one.seconds, 0);
    const peakBytes = Math.max(...answers.map((one) => one.peakBytes));
    const rows = [...answers, { verb: "both", seconds, peakBytes, problems: 0 }].map((one) => ({
      verb: one.verb,
      files,
      seconds: one.seconds,
      "images/s": Math.round(images / one.seconds),
      "peak MB": Math.round(one.peakBytes / 1e6),
      errors: one.problems,
      target: one.verb === "both" ? `<= ${targetSeconds} s, ${targetBytes / 1e6} MB` : null,
      met: one.verb === "both" ? (seconds <= targetSeconds && peakBytes <= targetBytes ? "yes" : "no") : null,
    }));
    const notes = [
      `${images} grey PNG images of ${side} x ${side} in ${domains.length} domains, every ${maskEvery}th with a mask; files were just written, so the disk's cache holds them`,
      "inspect opens every file and decodes a sample; check decodes every file",
    ];
    return { title: "From a folder to a checked data set", rows, notes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
