/**
 * One batch in one process on two cores against two processes of one core each: what sharing costs. The steps are timed in
 * turn, so that a busy machine slows all of them alike.
 */
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import type { Place } from "../src/distributed/index.js";
import { Conversation } from "./conversation.js";
import type { Bench, Row } from "./report.js";
import { median } from "./side-by-side.js";

/** What a process is told to do; the batch is that of all processes together. */
export interface ScaleSettings {
  width: number;
  side: number;
  batch: number;
  threads: number;
}

interface Answer {
  seconds: number;
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

const ask = (all: readonly Conversation[], request: { do: string }) =>
  Promise.all(all.map((one) => one.ask<Answer>(request)));

export const run: Bench = async ({ quick }) => {
  const shape = quick ? { width: 4, side: 32, batch: 4 } : { width: 16, side: 128, batch: 4 };
  const rounds = quick ? 3 : 15;
  const ways = [
    { name: "1 process, 2 threads", size: 1, threads: 2 },
    { name: "1 process, 1 thread", size: 1, threads: 1 },
    { name: "2 processes, 1 thread each", size: 2, threads: 1 },
  ];
  const started = [];
  for (const { size, threads } of ways) {
    const all = await startAll(size);
    await ask(all, { do: "prepare", ...shape, threads } as { do: string });
    started.push(all);
  }
  const answers: Answer[][] = ways.map(() => []);
  try {
    for (const all of started) await ask(all, { do: "step" });
    for (let round = 0; round < rounds; round++)
      for (const [i, all] of started.entries()) {
        const [first, ...others] = await ask(all, { do: "step" });
        answers[i].push({ ...first, seconds: Math.max(first.seconds, ...others.map(({ seconds }) => seconds)) });
      }
  } finally {
    for (const all of started) await Promise.all(all.map((one) => one.end()));
  }
  const typical = (of: Answer[], key: keyof Answer) => median(of.map((one) => one[key]));
  const reference = typical(answers[0], "seconds");
  const rows = ways.map(({ name }, i): Row => {
    const seconds = typical(answers[i], "seconds");
    return {
      "whole batch": name,
      "s/step": seconds,
      "to 2 threads": seconds / reference,
      "messages/step": typical(answers[i], "calls"),
      "MB/step": typical(answers[i], "bytes") / 1e6,
      "s waiting": typical(answers[i], "waiting"),
    };
  });
  const { width, side, batch } = shape;
  return {
    title: "Several processes: a step of MiDSS with DiM",
    rows,
    notes: [
      `U-Net of width ${width}, ${batch} labelled and ${batch} unlabelled images of ${side} x ${side}, fp32; medians of ${rounds} steps, timed in turn.`,
      "MB: what a process hands over in a step, gradients of both passes above all. Waiting: for messages, the slower process included.",
      "Gradients go in one message a pass after the backward pass; nothing overlaps.",
    ],
  };
};
