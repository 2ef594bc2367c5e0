/**
 * t-SNE of dimseg beside scikit-learn's (Barnes-Hut) with the same settings on the same points: seconds, and
 * how good the pictures are by the same formulas, computed by dimseg without approximation for both.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../src/core/package-root.js";
import { RandomStream } from "../src/core/random.js";
import { type Affinities, affinities, klDivergence, trustworthiness, tsne } from "../src/embedding/index.js";
import { Conversation } from "./conversation.js";
import type { BenchOptions, BenchReport, Row } from "./report.js";

const perplexity = 30;
/** Threads that scikit-learn is given in turn; the faster run counts, since two lose to one on a busy machine. */
const jobs = [1, 2];
const neighbours = 12;
/** Seconds for up to 3000 points, KL in units of scikit-learn's, and how much less trustworthiness is allowed. */
const targets = { seconds: 15, kl: 1.02, trust: 0.01 };

interface Points {
  name: string;
  values: Float32Array;
  count: number;
  dimensions: number;
}

interface Embedded {
  seconds: number;
  embedding: Float64Array;
}

/** Normal clouds of deviation 1 around eight centres of deviation 1 in every coordinate: they overlap a little. */
function mixture(count: number, dimensions: number): Points {
  const stream = new RandomStream(0, "bench.tsne");
  const centres = Array.from({ length: 8 }, () => Array.from({ length: dimensions }, () => stream.normal()));
  const values = new Float32Array(count * dimensions);
  for (let i = 0; i < count; i++) {
    centres[i % centres.length].forEach((centre, d) => {
      values[i * dimensions + d] = stream.normal(centre);
    });
  }
  return { name: "8 clouds", values, count, dimensions };
}

async function digits(peer: Conversation, file: string, most: number): Promise<Points> {
  const task = { do: "digits", file, count: most };
  const { count, dimensions } = await peer.ask<{ count: number; dimensions: number }>(task);
  const bytes = readFileSync(file);
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return { name: "digits", values, count, dimensions };
}

function ours({ values, count, dimensions }: Points, iterations: number): Embedded {
  const start = performance.now();
  const { embedding } = tsne(values, count, dimensions, { perplexity, iterations });
  return { seconds: (performance.now() - start) / 1000, embedding };
}

async function theirs(peer: Conversation, points: Points, iterations: number, file: string): Promise<Embedded> {
  const { count, dimensions } = points;
  writeFileSync(file, points.values);
  const runs: Embedded[] = [];
  for (const threads of jobs) {
    const task = { do: "tsne", file, count, dimensions, perplexity, iterations, jobs: threads };
    const answer = await peer.ask<{ seconds: number; iterations: number; embedding: number[] }>(task);
    if (answer.iterations !== iterations)
      throw new Error(
        `scikit-learn stopped after ${answer.iterations} of ${iterations} iterations; the times do not compare`,
      );
    runs.push({ seconds: answer.seconds, embedding: Float64Array.from(answer.embedding) });
  }
  return runs.reduce((best, one) => (one.seconds < best.seconds ? one : best));
}

interface Quality {
  seconds: number;
  /** In nats, over all pairs of points. */
  kl: number;
  trust: number;
}

/** Seconds and pictures of the given runs, the first run's picture and the slowest run's time. */
function judge({ values, count, dimensions }: Points, pairs: Affinities, runs: readonly Embedded[]): Quality {
  const [{ embedding }] = runs;
  return {
    seconds: Math.max(...runs.map((run) => run.seconds)),
    kl: klDivergence(pairs, embedding),
    trust: trustworthiness(values, count, dimensions, embedding, neighbours),
  };
}

function verdict(met: boolean | null): string | null {
  return met === null ? null : met ? "yes" : "no";
}

function toRows({ name, count, dimensions }: Points, our: Quality, their: Quality | null): Row[] {
  const row = (measure: string, key: keyof Quality, target: string, met: boolean | null): Row => ({
    points: name,
    n: count,
    d: dimensions,
    measure,
    dimseg: our[key],
    "scikit-learn": their === null ? null : their[key],
    ratio: their === null ? null : our[key] / their[key],
    target,
    met: verdict(met),
  });
  const klMet = their === null ? null : our.kl <= targets.kl * their.kl;
  const trustMet = their === null ? null : our.trust >= their.trust - targets.trust;
  return [
    row("seconds", "seconds", `dimseg <= ${targets.seconds}`, our.seconds <= targets.seconds),
    row("KL of all pairs (nats)", "kl", `ratio <= ${targets.kl}`, klMet),
    row(`trustworthiness (${neighbours})`, "trust", `>= scikit-learn's - ${targets.trust}`, trustMet),
  ];
}

/** dimseg before and after scikit-learn, so that a machine that slows down or recovers is seen. */
async function measure(peer: Conversation | null, points: Points, iterations: number, file: string): Promise<Row[]> {
  const before = ours(points, iterations);
  const other = peer && (await theirs(peer, points, iterations, file));
  const runs = [before, ours(points, iterations)];
  const pairs = affinities(points.values, points.count, points.dimensions, perplexity, points.count - 1);
  return toRows(points, judge(points, pairs, runs), other && judge(points, pairs, [other]));
}

/** Starts scikit-learn in the Python of DIMSEG_PEER_PYTHON, or says why it cannot. */
async function startPeer(): Promise<{ peer: Conversation; version: string } | { missing: string }> {
  const script = join(packageRoot, "bench", "peers", "tsne.py");
  const peer = new Conversation("scikit-learn", process.env.DIMSEG_PEER_PYTHON || "python3", [script]);
  try {
    return { peer, version: (await peer.ask<{ version: string }>({ do: "version" })).version };
  } catch (error) {
    await peer.end();
    return { missing: (error as Error).message };
  }
}

export async function run({ quick }: BenchOptions): Promise<BenchReport> {
  const iterations = quick ? 300 : 1000;
  const folder = mkdtempSync(join(tmpdir(), "dimseg-bench-"));
  const started = await startPeer();
  const peer = "peer" in started ? started.peer : null;
  try {
    const file = join(folder, "points.f32");
    const sets = [mixture(quick ? 400 : 3000, 64)];
    if (peer) sets.push(await digits(peer, file, quick ? 400 : 1797));
    const rows: Row[] = [];
    for (const points of sets) {
      rows.push(...(await measure(peer, points, iterations, file)));
    }
    const settings = `Perplexity ${perplexity}, ${iterations} iterations, start at the principal components, learning rate "auto".`;
    const noted =
      "version" in started
        ? `scikit-learn ${started.version}, Barnes-Hut, with ${jobs.join(" and ")} threads, the faster run; dimseg's seconds are the slower of one run before and one after them.`
        : `No scikit-learn to compare with (${started.missing}): set DIMSEG_PEER_PYTHON to a Python that has it.`;
    const quality =
      "Both pictures are judged by dimseg's own functions, over all pairs of points; dimseg iterates on one thread.";
    return { title: "t-SNE", rows, notes: [settings, noted, quality] };
  } finally {
    await peer?.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
