/**
 * A run of DiM with validations, followed from within: after its first half, in which it warms up, memory, open files and
 * tensors stay as they are. Memory is looked at without JavaScript's garbage; that of libtorch's allocations settles slowly,
 * by ever less.
 */
import { join } from "node:path";
import { liveTensors } from "../src/torch/index.js";
import { train } from "../src/workflows/train.js";
import { collectGarbage, type Look, look, megabytes, slope } from "./memory.js";
import { type SmallRun, writeConfig, writeSmallSet } from "./small-run.js";
import type { SoakOptions, SoakReport } from "./soak.js";

/** Bytes a step that memory may grow by after the warm-up. */
const allowed = 1000;

/** What is trained on, and for how long. */
export interface FollowedRun extends Pick<SmallRun, "data"> {
  /** Training images of each of four domains. */
  readonly images: number;
  readonly iterations: number;
  /** Steps from one validation to the next. */
  readonly every: number;
}

/** Trains, and counts what stays. @param settings of the quick form the run is shorter and its memory is not judged */
export async function flatMemory(
  { seed, quick, folder, say }: SoakOptions,
  { images, iterations, every, data }: FollowedRun,
): Promise<SoakReport> {
  const dataset = await writeSmallSet(folder, { train: images, test: 1 }, seed);
  const recipe = { method: "midss", optimizer: "dim", precision: "fp32", iterations, every, data } as const;
  const config = writeConfig(folder, "config", dataset, recipe);
  const looks: (Look & { tensors: number })[] = [];
  await train(
    { config, out: join(folder, "run"), set: [] },
    {
      warn: say,
      stopRequested: () => false,
      decoding: () => {},
      begun: () => {},
      validation: () => {},
      step: (done) => {
        if (done % (quick ? 5 : 50) !== 0) return;
        collectGarbage();
        const now = look(process.pid, done);
        if (now) looks.push({ ...now, tensors: liveTensors() });
        if (now && done % 1000 === 0) say(`step ${done}: ${megabytes(now.resident)} MB, ${now.openFiles} open files`);
      },
    },
  );
  // The first validation, at the half of the quick form, starts threads that stay.
  const warm = looks.filter(({ done }) => done > iterations / 2);
  const range = (of: (one: (typeof warm)[number]) => number) => [Math.min(...warm.map(of)), Math.max(...warm.map(of))];
  const growth = slope(warm);
  const [fewestTensors, mostTensors] = range((one) => one.tensors);
  const [fewestFiles, mostFiles] = range((one) => one.openFiles);
  const failures: string[] = [];
  if (mostTensors > fewestTensors) failures.push(`between ${fewestTensors} and ${mostTensors} tensors were alive`);
  if (mostFiles > fewestFiles + 1) failures.push(`between ${fewestFiles} and ${mostFiles} files were open`);
  // The allocator's own warm-up lasts longer than a quick form.
  if (!quick && growth > allowed) failures.push(`memory grew by ${growth.toFixed(0)} bytes a step`);
  return {
    promise: `memory grows by less than ${allowed} bytes a step over the second half; tensors and open files stay`,
    counts: {
      steps: iterations,
      bytesAStep: Math.round(growth),
      megabytesAtTheHalf: megabytes(warm[0].resident),
      megabytesAtTheEnd: megabytes(warm[warm.length - 1].resident),
      tensors: mostTensors,
      openFiles: mostFiles,
    },
    failures,
  };
}
