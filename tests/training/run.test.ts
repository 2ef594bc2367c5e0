/** What a run that the machine ended says: advice that works, with the run's folder as a shell reads it. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import { ResourceError, UsageError } from "../../src/core/errors.js";
import { writeFailure } from "../../src/core/files/atomic-file.js";
import { OutOfMemoryError } from "../../src/torch/index.js";
import { startRun } from "../../src/training/run.js";
import { putConfig } from "../cli/built.js";
import { temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";

const base = temporaryFolder();
putDataset(join(base, "data"));
const config = loadConfig(putConfig(join(base, "config.yaml")));

/** Starts a run that fails just before its first step. */
async function failing(name: string, cause: Error): Promise<ResourceError> {
  const observer = {
    ...{ decoding() {}, step() {}, validation() {}, warn() {}, stopRequested: () => false },
    begun() {
      throw cause;
    },
  };
  return startRun(join(base, name), config, observer).then(
    () => expect.unreachable(),
    (error) => error,
  );
}

describe("a run that the machine ended", () => {
  const systemError = (code: string) => writeFailure("/disk/x", Object.assign(new Error(code), { code }));

  it.each([
    [
      "full disk",
      systemError("ENOSPC"),
      /the disk is full; free some space; afterwards go on with `dimseg train --resume '/,
    ],
    [
      "no memory",
      new OutOfMemoryError("conv2d: out of memory: 8 bytes asked for"),
      /^conv2d: .* asked for; begin a new run with smaller batches, or free memory and go on with `dimseg train --resume '/,
    ],
    ["no permission", systemError("EACCES"), /permission denied; choose a folder you may write to$/],
  ])("%s", async (name, cause, message) => {
    const error = await failing(name, cause);
    expect(error).toBeInstanceOf(ResourceError);
    expect(error.message).toMatch(message);
  });
});

describe("settings that cannot work, told before anything is decoded", () => {
  const silent = { decoding() {}, begun() {}, step() {}, validation() {}, stopRequested: () => true };

  it("a batch of one where the bottleneck is one pixel", async () => {
    const training = { ...config.training, labelledBatch: 1, unlabelledBatch: 1 };
    const alone = { ...config, imageSize: 16, training };
    const begin = (wanted: typeof config) => startRun(join(base, "alone"), wanted, { ...silent, warn() {} });
    await expect(begin(alone)).rejects.toThrow(UsageError);
    await expect(begin(alone)).rejects.toThrow(/a batch of one gives batch normalisation one value per channel; take/);
    expect(await begin({ ...alone, imageSize: 32 })).toMatchObject({ trained: 0 });
  });

  it("a network over volumes", async () => {
    const wanted = { ...config, model: { name: "vnet", width: 2, norm: "batch", residual: false } as const };
    const begin = startRun(join(base, "volumes"), wanted, { ...silent, warn() {} });
    await expect(begin).rejects.toThrow(
      /^model vnet is of volumes, but the images of .* are pictures; take another model/,
    );
  });

  it("more threads than cores", async () => {
    const wanted = { ...config, training: { ...config.training, threads: 4096 } };
    const warnings: string[] = [];
    const observer = {
      ...silent,
      warn(message: string) {
        warnings.push(message);
        throw new ResourceError("enough was seen; an engine with so many threads would only be slow");
      },
    };
    await expect(startRun(join(base, "many"), wanted, observer)).rejects.toThrow("enough was seen");
    expect(warnings).toEqual([expect.stringMatching(/training\.threads is 4096, but this process may use \d+ cores/)]);
  });
});
