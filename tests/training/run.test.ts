/** What a run that the machine ended says: advice that works, with the run's folder as a shell reads it. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import { writeFailure } from "../../src/core/atomic-file.js";
import { ResourceError } from "../../src/core/errors.js";
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
