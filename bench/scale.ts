/**
 * One batch in one process on two cores against two processes of one core each: what sharing costs. The steps are timed in
 * turn, so that a busy machine slows all of them alike.
 */
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import type { Place } from "../src/distributed/index.js";
import { Conversation, type Request } from "./conversation.js";
import type { Bench, Row } from "./report.js";
import { median } from "./side-by-side.js";

/** What a process is told to do; the batch is that of all processes together. */
export interface ScaleSettings {
  width: number;
  side: number;
  batch: number;
  threads: number;
  /** As `processes.batchNorm` says it. */
  batchNorm: "synced" | "local";
}

interface Answer {
  seconds: number;
  /** Seconds of all cores together that this process used. */
  processor: number;
  calls: number;
  bytes: number;
  waiting: number;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

const worker = fileURLToPath(new URL("./scale-worker.js", import.meta.url));

async function startAll(size: number): Promise<Conversation[]> {
  const port = await freePort();
  return Array.from({ length: size }, (_, rank) => {
    const common = { size, host: "127.0.0.1", port, name: "bench" };
    const place: Place = { ...common, rank, localRank: rank, keepsStore: rank === 0 };
    return new Conversation(`process ${rank}`, process.execPath, [worker, JSON.stringify(size === 1 ? null : place)]);
  });
}

const ask = (all: readonly Conversation[], request: Request) => Promise.all(all.map((one) => one.ask<Answer>(request)));

/** Median seconds of a backward pass whose gradients are shared after it, and of one that shares them on the way. */
async function backwardPasses(all: readonly Conversation[], rounds: number): Promise<[after: number, during: number]> {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < 2 * rounds; round++) {
    const during = round % 2;
    const answers = await ask(all, { do: "backward", during: during === 1 });
    times[during].push(Math.max(...answers.map(({ seconds }) => seconds)));
  }
  return [median(times[0]), median(times[1])];
}

export const run: Bench = async ({ quick }) => {
  const shape = quick ? { width: 4, side: 32, batch: 4 } : { width: 16, side: 128, batch: 4 };
  const rounds = quick ? 3 : 10;
  const { batch } = shape;
  const ways = [
    { name: "1 process, 2 threads", size: 1, threads: 2, batch, batchNorm: "synced" },
    { name: "1 process, 1 thread", size: 1, threads: 1, batch, batchNorm: "synced" },
    { name: "1 process, 1 thread, half the batch", size: 1, threads: 1, batch: batch / 2, batchNorm: "synced" },
    { name: "2 processes, 1 thread each", size: 2, threads: 1, batch, batchNorm: "synced" },
    { name: "2 processes, 1 thread each, batchNorm: local", size: 2, threads: 1, batch, batchNorm: "local" },
  ] as const;
  const started = [];
  for (const { name: _, size, ...settings } of ways) {
    const all = await startAll(size);
    await ask(all, { do: "prepare", ...shape, ...settings });
    started.push(all);
  }
  const answers: Answer[][] = ways.map(() => []);
  const backward = [0, 0];
  try {
    for (const all of started) await ask(all, { do: "step" });
    for (let round = 0; round < rounds; round++)
      for (const [i, all] of started.entries()) {
        const [first, ...others] = await ask(all, { do: "step" });
        answers[i].push({ ...first, seconds: Math.max(first.seconds, ...others.map(({ seconds }) => seconds)) });
      }
    // Of the last way, which sends nothing but gradients in a backward pass.
    backward.splice(0, 2, ...(await backwardPasses(started[started.length - 1], 2 * rounds)));
  } finally {
    for (const all of started) await Promise.all(all.map((one) => one.end()));
  }
  const typical = (of: Answer[], key: keyof Answer) => median(of.map((one) => one[key]));
  const seconds = (value: number) => `${value.toFixed(4)} s`;
  const reference = typical(answers[0], "seconds");
  const rows = ways.map(({ name }, i): Row => {
    const perStep = typical(answers[i], "seconds");
    return {
      "whole batch": name,
      "s/step": perStep,
      "to 2 threads": perStep / reference,
      "processor s": typical(answers[i], "processor"),
      "messages/step": typical(answers[i], "calls"),
      "MB/step": typical(answers[i], "bytes") / 1e6,
      "s waiting": typical(answers[i], "waiting"),
    };
  });
  const { width, side } = shape;
  return {
    title: "Several processes: a step of MiDSS with DiM",
    rows,
    notes: [
      `U-Net of width ${width}, ${batch} labelled and ${batch} unlabelled images of ${side} x ${side}, fp32; medians of ${rounds} steps, timed in turn.`,
      "MB: what a process hands over in a step, gradients of both passes above all. Waiting: for messages, the slower process included.",
      `A backward pass of ${batch / 2} images in each of two processes: ${seconds(backward[0])} when its gradients are shared after it, ${seconds(backward[1])} when they are on the way, as training does.`,
    ],
  };
};
