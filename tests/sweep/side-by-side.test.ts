/** How many runs `--jobs auto` puts side by side, by cores and by what the first takes of the memory. */
import { describe, expect, it } from "vitest";
import type { WantedConfig } from "../../src/config/config.js";
import { imagesPerSecond, imagesTrained } from "../../src/sweep/forecast.js";
import type { RunStatus } from "../../src/sweep/run-status.js";
import { jobsByCores, jobsByMemory } from "../../src/sweep/side-by-side.js";
import { parseGpuMemory, parsePeakMemory } from "../../src/workflows/machine/run-memory.js";

const configs = (...threads: (number | undefined)[]) =>
  threads.map((count) => ({ training: { threads: count } })) as WantedConfig[];

describe("by cores", () => {
  it("each run has one, or as many as the greediest sets", () => {
    expect(jobsByCores(configs(undefined, undefined), 8)).toBe(8);
    expect(jobsByCores(configs(2, 3), 8)).toBe(2);
    expect(jobsByCores(configs(16), 8)).toBe(1);
  });
});

describe("by memory", () => {
  it("four fifths of what the first leaves free are given away", () => {
    expect(jobsByMemory({ taken: 10, free: 100 }, 16)).toBe(9);
    expect(jobsByMemory({ taken: 10, free: 100 }, 4)).toBe(4);
    expect(jobsByMemory({ taken: 10, free: 12 }, 4)).toBe(1);
  });

  it("a machine that does not tell has room for one", () => {
    expect(jobsByMemory(null, 16)).toBe(1);
    expect(jobsByMemory({ taken: 0, free: 100 }, 16)).toBe(1);
  });

  it("a process's peak is read, not what it holds now", () => {
    expect(parsePeakMemory("Name:\tnode\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n")).toBe(2048 * 1024);
    expect(parsePeakMemory("Name:\tkthreadd\n")).toBeNull();
  });

  it("of a GPU its own share counts, or all that is used where it cannot be told apart", () => {
    expect(parseGpuMemory("17, 300\n42, 500\n", "900, 80000\n", 42)).toEqual({
      taken: 500 * 2 ** 20,
      free: 80000 * 2 ** 20,
    });
    expect(parseGpuMemory("1, [N/A]\n", "900, 80000\n", 42)).toEqual({ taken: 900 * 2 ** 20, free: 80000 * 2 ** 20 });
    expect(parseGpuMemory("", "", 42)).toBeNull();
  });
});

it("images a second are those of all running runs together, with the unlabelled ones that are looked at", () => {
  const status = (method: string, begun: RunStatus["begun"], step: number, trained = 0) =>
    ({
      ...{ begun, stepped: begun, step, trained: { milliseconds: 1000, steps: trained } },
      run: {
        config: {
          method: { name: method },
          optimizer: { name: "none" },
          training: { labelledBatch: 4, unlabelledBatch: 6 },
        },
      },
    }) as unknown as RunStatus;
  // 10 images in each of 2 steps a second; 4 in each of 5.
  const running = [status("midss", { time: 0, step: 10 }, 20), status("supervised", { time: 0, step: 0 }, 25)];
  expect(imagesPerSecond(running, 5000)).toBe(20 + 20);
  expect(imagesPerSecond([status("midss", null, 0, 7)], 5000)).toBeNull();
  expect(imagesPerSecond([status("midss", { time: 0, step: 3 }, 3)], 5000)).toBeNull();
  expect(imagesTrained([status("midss", null, 0, 7), status("supervised", null, 0, 2)])).toBe(78);
});
