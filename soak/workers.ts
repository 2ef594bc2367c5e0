/** The engine in worker threads that begin, compute and are ended in the middle of it, again and again. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { packageRoot } from "../src/core/package-root.js";
import * as torch from "../src/torch/index.js";
import type { Soak } from "./soak.js";

const source = (engine: string) => `
  import { parentPort, workerData } from "node:worker_threads";
  const torch = await import(${JSON.stringify(engine)});
  const sum = () => torch.scope(() => {
    const generator = new torch.Generator(workerData);
    const square = torch.rand([64, 64], { generator });
    const total = square.matmul(square).sum().item();
    generator.dispose();
    return total;
  });
  parentPort.postMessage(sum());
  if (workerData % 2 === 0) while (true) sum();
`;

const engine = pathToFileURL(join(packageRoot, "dist", "src", "torch", "index.js")).href;

/** What a worker computes; an even seed goes on until it is ended. */
function compute(seed: number): Promise<number> {
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source(engine))}`), {
    workerData: seed,
  });
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", async (total: number) => {
      if (seed % 2 === 0) await worker.terminate();
      resolve(total);
    });
  });
}

/** The same in this thread. */
function here(seed: number): number {
  return torch.scope(() => {
    const generator = new torch.Generator(seed);
    const square = torch.rand([64, 64], { generator });
    const total = square.matmul(square).sum().item();
    generator.dispose();
    return total;
  });
}

export const run: Soak = async ({ seed, quick, say }) => {
  const rounds = quick ? 2 : 50;
  const failures: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const seeds = [0, 1, 2, 3].map((i) => seed * 1000 + 4 * round + i);
    const [totals, wanted] = [await Promise.all(seeds.map(compute)), seeds.map(here)];
    if (totals.some((total, i) => total !== wanted[i])) failures.push(`round ${round}: ${totals} instead of ${wanted}`);
    if (round % 10 === 9) say(`${round + 1} of ${rounds} rounds`);
  }
  return {
    promise: "worker threads compute what the main thread does, and may end at any moment",
    counts: { rounds, workers: 4 * rounds, endedWhileComputing: 2 * rounds },
    failures,
  };
};
