/**
 * Run by workers.test.ts in a child process, so that a crash is seen as its exit status:
 * `node workers-child.mjs ADDON ROUNDS first|last|leave`. Each round starts four workers that load the addon and end in
 * four ways, while the main thread computes with it ("first": it loaded the addon before them) or does not ("last").
 * "leave" ends the process while four workers are computing.
 */
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

const [addon, rounds, mainLoads] = process.argv.slice(2);
const load = () => createRequire(import.meta.url)(addon);
const endings = ["return", "exit", "throw", "terminate"];

function runWorker(ending) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("worker.mjs", import.meta.url), { workerData: { addon, ending, seed: 5 } });
    let report;
    worker.on("message", (message) => {
      report = message;
      if (ending === "terminate") worker.terminate();
    });
    worker.on("error", (error) => {
      if (error.message !== "meant to happen") reject(error);
    });
    worker.on("exit", () => (report ? resolve(report) : reject(new Error(`${ending}: ended without a report`))));
  });
}

async function leave() {
  const busy = endings.map(() => {
    const worker = new Worker(new URL("worker.mjs", import.meta.url), {
      workerData: { addon, ending: "terminate", seed: 5 },
    });
    return new Promise((resolve) => worker.once("message", resolve));
  });
  await Promise.all(busy);
  process.exit(0);
}

/** Makes and frees tensors between the workers' own. */
function compute(native) {
  const ones = native.callOperator(native.findOperator("aten::ones", ""), [64, 64]);
  const product = native.callOperator(native.findOperator("aten::matmul", ""), ones, ones);
  const values = new Float32Array(64 * 64);
  native.copyBytes(product, values);
  native.releaseMany([ones, product]);
  return values[0];
}

if (mainLoads === "leave") await leave();
let native = mainLoads === "first" ? load() : undefined;
const values = new Set();
const refusals = new Set();
let ended = 0;
for (let round = 0; round < Number(rounds); round++) {
  const workers = endings.map(runWorker);
  if (native) values.add(compute(native));
  for (const { value, refused } of await Promise.all(workers)) {
    values.add(value);
    refusals.add(refused);
    ended++;
  }
}
native ??= load();
values.add(compute(native));
console.log(JSON.stringify({ ended, live: native.liveTensors(), values: [...values], refusals: [...refusals] }));
