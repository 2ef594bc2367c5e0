/** Thousands of images through predict, evaluate and report: memory does not grow with their number. */
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Started, start } from "./command-line.js";
import { type Look, look, megabytes } from "./memory.js";
import { writeConfig, writeSmallSet } from "./small-run.js";
import type { Soak } from "./soak.js";

/** Megabytes that ten times as many images may take more at the peak. */
const allowed = 80;

/** Peak memory of a command in bytes. @throws Error with what it printed unless it ends with 0 */
async function peakOf({ child, ended }: Started): Promise<number> {
  const looks: Look[] = [];
  const timer = setInterval(() => {
    const now = look(child.pid as number, looks.length);
    if (now) looks.push(now);
  }, 100);
  const { code, err } = await ended;
  clearInterval(timer);
  if (code !== 0) throw new Error(`ended with ${code}: ${err.trim()}`);
  return Math.max(...looks.map(({ resident }) => resident));
}

export const run: Soak = async ({ seed, quick, folder, say }) => {
  const [few, many] = quick ? [1, 3] : [50, 500];
  const recipe = { method: "supervised", optimizer: "none", precision: "fp32", iterations: 4, every: 4 } as const;
  const counts: Record<string, number> = {};
  const failures: string[] = [];
  const peaks = new Map<string, number>();
  // Four domains: evaluate and report see four times this number.
  for (const [size, test] of [["few", few] as const, ["many", many] as const]) {
    const place = join(folder, size);
    mkdirSync(place);
    const dataset = await writeSmallSet(place, { train: 8, test }, seed);
    const config = writeConfig(place, "config", dataset, recipe);
    const path = join(place, "run");
    await peakOf(start(["train", config, "--out", path]));
    const images = join(place, "images");
    mkdirSync(images);
    for (const domain of ["Domain1", "Domain2", "Domain3", "Domain4"]) {
      const found = join(dirname(dataset), domain, "test", "ROIs", "image");
      for (const name of readdirSync(found)) copyFileSync(join(found, name), join(images, `${domain}_${name}`));
    }
    const verbs = {
      predict: ["predict", path, images, "--out", join(place, "masks")],
      evaluate: ["evaluate", path],
      report: ["report", path, "--no-tsne"],
    };
    for (const [verb, words] of Object.entries(verbs)) {
      const key = `${verb}MegabytesOf${4 * test}`;
      const peak = await peakOf(start(words)).catch((error: Error) => {
        failures.push(`${verb} of ${4 * test} images: ${error.message}`);
        return Number.NaN;
      });
      counts[key] = megabytes(peak);
      say(`${verb} of ${4 * test} images: ${megabytes(peak)} MB`);
      const before = peaks.get(verb);
      if (before === undefined) peaks.set(verb, peak);
      else if (!(peak - before <= allowed * 1e6))
        failures.push(`${verb} took ${megabytes(peak - before)} MB more for ${4 * (many - few)} more images`);
    }
  }
  return {
    promise: `predict, evaluate and report take at most ${allowed} MB more for ten times as many images`,
    counts,
    failures,
  };
};
