/**
 * Mask metrics of dimseg against medpy's functions called one by one, on the same pairs of 256×256 masks:
 * milliseconds per pair, and whether both give the same numbers. The peer runs in the Python named by
 * DIMSEG_PEER_PYTHON, else `python3`.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../src/core/package-root.js";
import { RandomStream } from "../src/core/random.js";
import { evaluateMask } from "../src/evaluation/evaluate-mask.js";
import { percentile } from "../src/statistics/percentile.js";

const size = 256;

interface Pair {
  prediction: Uint8Array;
  reference: Uint8Array;
}

interface PeerResult {
  implementation: string;
  milliseconds: number[];
  /** dc, jc, hd, hd95, asd, assd of every pair. */
  values: number[][];
}

/** What a bench returns to be printed and stored. */
export interface BenchTable {
  title: string;
  rows: Array<Record<string, string | number>>;
  notes: string[];
}

/** A blob: a disc whose radius and centre wobble. */
function blob(stream: RandomStream, centre: [number, number], radius: number): Uint8Array {
  const waves = [2, 3, 5, 8].map((frequency) => {
    return { frequency, height: stream.uniform(0, 0.3 / frequency), phase: stream.uniform(0, 2 * Math.PI) };
  });
  const [cy, cx] = centre.map((c) => c + stream.normal(0, 4));
  return Uint8Array.from({ length: size * size }, (_, i) => {
    const [y, x] = [Math.floor(i / size) - cy, (i % size) - cx];
    const angle = Math.atan2(y, x);
    const wobble = waves.reduce((sum, wave) => sum + wave.height * Math.cos(wave.frequency * angle + wave.phase), 1);
    return Math.hypot(y, x) < radius * wobble ? 1 : 0;
  });
}

function makePairs(count: number): Pair[] {
  return Array.from({ length: count }, (_, i) => {
    const stream = new RandomStream(2024, "bench.metrics", 0, i);
    const centre: [number, number] = [stream.uniform(100, 156), stream.uniform(100, 156)];
    const radius = stream.uniform(20, 80);
    return { prediction: blob(stream, centre, radius), reference: blob(stream, centre, radius) };
  });
}

/** Milliseconds of each call over all pairs and repeats. */
function time(pairs: Pair[], repeats: number, evaluate: (pair: Pair) => unknown): number[] {
  const milliseconds: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const pair of pairs) {
      const start = performance.now();
      evaluate(pair);
      milliseconds.push(performance.now() - start);
    }
  }
  return milliseconds;
}

/** Runs the peer, or says in one sentence why it could not. */
function runPeer(file: string, pairs: number, repeats: number, spacing: readonly number[]): PeerResult | string {
  const python = process.env.DIMSEG_PEER_PYTHON ?? "python3";
  const script = join(packageRoot, "bench", "peers", "metrics.py");
  const settings = [pairs, size, repeats, ...spacing].map(String);
  const child = spawnSync(python, [script, file, ...settings], { encoding: "utf8", maxBuffer: 2 ** 28 });
  if (child.error !== undefined) return `${python} cannot be started (${child.error.message})`;
  if (child.status === 3) return `${python} has neither medpy nor scipy (${child.stderr.trim()})`;
  if (child.status !== 0) return `${script} failed: ${child.stderr.trim().split("\n").pop()}`;
  return JSON.parse(child.stdout) as PeerResult;
}

/** Largest difference between our values and the peer's, relative where the value exceeds 1. */
function largestDifference(pairs: Pair[], spacing: readonly number[], peer: PeerResult): number {
  const differences = pairs.flatMap(({ prediction, reference }, i) => {
    const got = evaluateMask(prediction, reference, { shape: [size, size], spacing, convention: "medpy" });
    const ours = [got.dice, got.jaccard, got.hd, got.hd95, got.asd, got.assd];
    return ours.map((value, k) => Math.abs(value - peer.values[i][k]) / Math.max(1, Math.abs(peer.values[i][k])));
  });
  return Math.max(...differences);
}

/** One row of the table and its note, for one spacing; dimseg is timed before and after the peer. */
function measure(pairs: Pair[], spacing: readonly number[], quick: boolean, file: string) {
  const repeats = quick ? 5 : 40;
  const options = { shape: [size, size], spacing, convention: "medpy" } as const;
  const all = ({ prediction, reference }: Pair) => evaluateMask(prediction, reference, options);
  const withSurfaceDice = ({ prediction, reference }: Pair) =>
    evaluateMask(prediction, reference, { ...options, surfaceDiceTolerances: [1, 2] });
  for (const evaluate of [all, withSurfaceDice]) time(pairs, Math.ceil(200 / pairs.length), evaluate);
  const before = time(pairs, repeats, all);
  const nsd = time(pairs, repeats, withSurfaceDice);
  const peer = runPeer(file, pairs.length, quick ? 1 : 5, spacing);
  const ours = percentile([...before, ...time(pairs, repeats, all)], 50);
  const row: Record<string, string | number> = {
    spacing: spacing.join(" × "),
    "dimseg, all metrics (ms)": rounded(ours),
    "with surface Dice (ms)": rounded(percentile(nsd, 50)),
  };
  if (typeof peer === "string") return { row, note: `no peer: ${peer}` };
  const theirs = percentile(peer.milliseconds, 50);
  row["one by one (ms)"] = rounded(theirs);
  row["times faster"] = rounded(theirs / ours);
  row["largest difference"] = largestDifference(pairs, spacing, peer).toExponential(1);
  return { row, note: `peer: ${peer.implementation}; dc, jc, hd, hd95, asd, assd called one by one` };
}

/** Three significant digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/**
 * Runs the bench.
 * @param options.quick fewer pairs and repeats, to see that it works
 */
export async function run(options: { quick?: boolean }): Promise<BenchTable> {
  const quick = options.quick ?? false;
  const pairs = makePairs(quick ? 5 : 25);
  const folder = mkdtempSync(join(tmpdir(), "dimseg-bench-"));
  try {
    const file = join(folder, "masks.bin");
    writeFileSync(file, Buffer.concat(pairs.flatMap(({ prediction, reference }) => [prediction, reference])));
    const measured = [[1, 1] as const, [0.7, 1.3] as const].map((spacing) => measure(pairs, spacing, quick, file));
    return {
      title: `Mask metrics: milliseconds per pair of ${size}×${size} masks, median of ${pairs.length} random blobs`,
      rows: measured.map(({ row }) => row),
      notes: [
        ...new Set(measured.map(({ note }) => note)),
        "targets: all metrics below 1 ms, at least 10 times faster",
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
