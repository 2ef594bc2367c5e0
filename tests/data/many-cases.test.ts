/** A set of very many images is listed without looking at any of them, and drawn from without looking through the list. */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RandomStream } from "../../src/core/random.js";
import { loadDataset } from "../../src/data/dataset.js";
import { splitProtocol } from "../../src/data/protocol.js";
import { Sampler } from "../../src/training/batches/sampler.js";
import { putDatasetYaml, temporaryFolder } from "./files.js";

const base = temporaryFolder();
const count = 200_000;
const real = { readdirSync: fs.readdirSync, statSync: fs.statSync, openSync: fs.openSync, existsSync: fs.existsSync };
let looks = 0;

/** Lists names that no file stands behind, and counts looks at single files. */
function putNames(folder: string): void {
  const names = (end: number) => Array.from({ length: end }, (_, i) => `slice-${String(i).padStart(7, "0")}.png`);
  const sizes: Record<string, number> = { [join(folder, "images")]: count, [join(folder, "masks")]: 100 };
  const counting = (look: (...args: unknown[]) => unknown) =>
    function counted(...args: unknown[]) {
      looks++;
      return look(...args);
    };
  const looking = Object.entries(real).map(([name, look]) => [name, counting(look as never)]);
  const readdirSync = (path: string, ...rest: unknown[]) =>
    Object.hasOwn(sizes, path) ? names(sizes[path]) : Reflect.apply(real.readdirSync, fs, [path, ...rest]);
  Object.assign(fs, { ...Object.fromEntries(looking), readdirSync });
  syncBuiltinESMExports();
}

afterEach(() => {
  Object.assign(fs, real);
  syncBuiltinESMExports();
});

describe("very many images", () => {
  it("are listed by their names alone, in bounded memory", () => {
    const domains = [{ name: "a", train: { images: "images/{id}.png", masks: "masks/{id}.png" } }];
    const path = putDatasetYaml(base, { domains });
    putNames(base);
    looks = 0;
    const before = process.memoryUsage().heapUsed;
    const dataset = loadDataset(path);
    const split = splitProtocol(dataset, { labelledDomain: "a", labelledCount: 20, validationCount: 5 });
    expect([split.labelled, split.validation, split.unlabelled].map(({ length }) => length)).toEqual([
      20,
      5,
      count - 25,
    ]);
    expect(looks).toBeLessThan(20);
    // With what the collector has not taken yet.
    expect((process.memoryUsage().heapUsed - before) / count).toBeLessThan(3000);
    expect(split.unlabelled[count - 26].imagePath).toBe(join(base, "images/slice-0199999.png"));
  });

  it("are shuffled once an epoch, not in every step", () => {
    const shuffles = vi.spyOn(RandomStream.prototype, "permutation");
    const sampler = new Sampler(count, 4, 1, "unlabelled");
    const drawn = new Set(Array.from({ length: 1000 }, (_, i) => sampler.batch(i)).flat());
    expect(drawn.size).toBe(4000);
    expect(shuffles).toHaveBeenCalledTimes(1);
    shuffles.mockRestore();
  });
});
