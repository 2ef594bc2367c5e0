/** The quick forms of the soaks: a few tries of each promise. The long forms are `npm run soak`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { run as disk } from "../../soak/disk.js";
import { run as imageFiles } from "../../soak/image-files.js";
import { run as images } from "../../soak/images.js";
import { run as kill } from "../../soak/kill.js";
import { run as loads } from "../../soak/loads.js";
import { run as runFiles } from "../../soak/run-files.js";
import type { Soak } from "../../soak/soak.js";
import { run as steps } from "../../soak/steps.js";
import { run as workers } from "../../soak/workers.js";
import { run as writers } from "../../soak/writers.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dimseg-soak-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const soaks: Record<string, Soak> = {
  disk,
  imageFiles,
  images,
  kill,
  loads,
  runFiles,
  steps,
  workers,
  writers,
};

it.each(Object.entries(soaks))("%s", { timeout: 300_000 }, async (_, soak) => {
  const { failures } = await soak({ seed: 1, quick: true, folder, say: () => {} });
  expect(failures).toEqual([]);
});
