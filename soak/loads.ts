/** A run opened and closed a hundred times in one process: memory and open files return. */
import { join } from "node:path";
import { loadRun } from "../src/runs/load-run.js";
import { liveTensors } from "../src/torch/index.js";
import { mustWork } from "./command-line.js";
import { type Look, look, megabytes, slope } from "./memory.js";
import { writeConfig, writeSmallSet } from "./small-run.js";
import type { Soak } from "./soak.js";

/** Bytes a load that memory may grow by after the first fifth. */
const allowed = 200_000;

export const run: Soak = async ({ seed, quick, folder, say }) => {
  const loads = quick ? 10 : 100;
  const dataset = await writeSmallSet(folder, { train: 8, test: 1 }, seed);
  const recipe = { method: "midss", optimizer: "none", precision: "fp32", iterations: 2, every: 2 } as const;
  const path = join(folder, "run");
  await mustWork(["train", writeConfig(folder, "config", dataset, recipe), "--out", path]);
  const looks: Look[] = [];
  const tensors = new Set<number>();
  for (let done = 1; done <= loads; done++) {
    const { networks } = await loadRun(path, { checkpoint: "last", images: "unused" });
    for (const network of [networks.student, networks.teacher]) network?.dispose();
    const now = look(process.pid, done);
    if (now) looks.push(now);
    tensors.add(liveTensors());
  }
  const warm = looks.filter(({ done }) => done > loads / 5);
  const growth = slope(warm);
  say(`${loads} loads: ${Math.round(growth)} bytes each`);
  const failures: string[] = [];
  if (tensors.size > 1)
    failures.push(`between ${Math.min(...tensors)} and ${Math.max(...tensors)} tensors stayed alive`);
  if (!quick && growth > allowed) failures.push(`memory grew by ${growth.toFixed(0)} bytes a load`);
  return {
    promise: "a run that was opened and closed leaves nothing behind",
    counts: { loads, bytesALoad: Math.round(growth), megabytesAtTheEnd: megabytes(looks[looks.length - 1].resident) },
    failures,
  };
};
