/**
 * `npm run soak -- NAME|all [--seed N] [--quick] [--json FOLDER]`: tries one promise of reliability, or all, for a long
 * time, prints what it counted, and stores it as FOLDER/soak-NAME.json, by default in bench/results. Exit code 1 when a
 * promise was broken. `disk --only estimate,export` tries these verbs alone and stores them as soak-disk-estimate-export.json.
 * A new soak is one file that exports `run` and one line here.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { DimsegError, UsageError } from "../src/core/errors.js";
import { writeFileAtomic } from "../src/core/files/atomic-file.js";
import { packageRoot } from "../src/core/package-root.js";
import { gitState } from "../src/runs/environment.js";
import type { Soak } from "./soak.js";

const soaks: Readonly<Record<string, () => Promise<{ run: Soak }>>> = {
  cache: () => import("./cache.js"),
  "dicom-files": () => import("./dicom-files.js"),
  disk: () => import("./disk.js"),
  "hdf5-files": () => import("./hdf5-files.js"),
  "image-files": () => import("./image-files.js"),
  images: () => import("./images.js"),
  kill: () => import("./kill.js"),
  "large-volume": () => import("./large-volume.js"),
  loads: () => import("./loads.js"),
  "process-kill": () => import("./process-kill.js"),
  processes: () => import("./processes.js"),
  "run-files": () => import("./run-files.js"),
  serve: () => import("./serve.js"),
  steps: () => import("./steps.js"),
  "volume-files": () => import("./volume-files.js"),
  workers: () => import("./workers.js"),
  writers: () => import("./writers.js"),
};

interface CommandLine {
  readonly names: readonly string[];
  readonly seed: number;
  readonly quick: boolean;
  /** Verbs of the soak of full disks; empty: all. */
  readonly only: readonly string[];
  /** Folder of the results; null: they are not kept. */
  readonly json: string | null;
}

function readCommandLine(args: string[]): CommandLine {
  const usage = `usage: npm run soak -- all|${Object.keys(soaks).join("|")} [--seed N] [--quick] [--json FOLDER], disk also [--only VERB,...]`;
  const options = {
    seed: { type: "string", default: "1" },
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    json: { type: "string" },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
    const names = positionals[0] === "all" ? Object.keys(soaks) : positionals;
    const seed = Number(values.seed);
    if (names.length === 0 || !names.every((name) => Object.hasOwn(soaks, name)) || !Number.isSafeInteger(seed))
      throw new UsageError(usage);
    const only = values.only.split(",").filter((word) => word !== "");
    if (only.length > 0 && names.join() !== "disk") throw new UsageError(usage);
    const standard = values.quick ? null : join(packageRoot, "bench", "results");
    return { names, seed, quick: values.quick, only, json: values.json ? resolve(values.json) : standard };
  } catch (cause) {
    throw cause instanceof UsageError ? cause : new UsageError(`${(cause as Error).message}; ${usage}`, { cause });
  }
}

/** Runs one soak. @returns whether its promise held */
async function soak(name: string, { seed, quick, only, json }: CommandLine): Promise<boolean> {
  const { run } = await soaks[name]();
  const folder = mkdtempSync(join(tmpdir(), `dimseg-soak-${name}-`));
  const began = performance.now();
  const { promise, counts, failures } = await run({
    ...{ seed, quick, only, folder },
    say: (message) => console.error(message),
  });
  const minutes = Math.round((performance.now() - began) / 6000) / 10;
  console.log(`${name}: ${promise}`);
  for (const [what, count] of Object.entries(counts)) console.log(`  ${what}: ${count}`);
  console.log(`  minutes: ${minutes}`);
  for (const failure of failures) console.log(`  FAILED: ${failure}`);
  if (failures.length === 0) rmSync(folder, { recursive: true, force: true });
  else console.log(`  left for a look: ${folder}`);
  if (json !== null) {
    const commit = gitState(packageRoot)?.commit ?? null;
    const result = { soak: name, promise, seed, quick, commit, minutes, counts, failures };
    const file = join(json, `soak-${[name, ...only].join("-")}.json`);
    writeFileAtomic(file, `${JSON.stringify(result, null, 2)}\n`);
    console.log(`  written to ${relative(process.cwd(), file)}`);
  }
  return failures.length === 0;
}

try {
  const commandLine = readCommandLine(process.argv.slice(2));
  for (const name of commandLine.names) if (!(await soak(name, commandLine))) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof DimsegError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
