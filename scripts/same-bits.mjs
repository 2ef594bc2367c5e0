/**
 * Whether a change keeps every bit of training: trains supervised, MiDSS and DiM on drawn images, in float32 and
 * bfloat16, and prints one SHA-256 for the weights, the metrics and all checkpoints of each run. Run it before and after
 * a change that must not alter results, on one machine, and compare; bits differ between processors.
 *
 *   node scripts/same-bits.mjs [--clone FOLDER] [--iterations N] > bits.json
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { clone: { type: "string" }, iterations: { type: "string", default: "200" } },
});
const clone = resolve(values.clone ?? dirname(dirname(fileURLToPath(import.meta.url))));

function dimseg(...args) {
  const cli = join(clone, "dist", "src", "cli", "main.js");
  execFileSync(process.execPath, [cli, ...args], { stdio: ["ignore", "ignore", "pipe"] });
}

/** SHA-256 over the names and bytes of all files that `chosen` picks below a folder. */
function hashOf(folder, chosen) {
  const hash = createHash("sha256");
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter(chosen)
    .sort();
  for (const name of names) hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
  return { files: names.length, sha256: hash.digest("hex") };
}

const methods = {
  supervised: ["method.name=supervised", "optimizer.name=none"],
  MiDSS: ["method.name=midss", "optimizer.name=none"],
  DiM: ["method.name=midss", "optimizer.name=dim"],
};

const configuration = (iterations) => `
preset: small
dataset: Fundus/dataset.yaml
imageSize: 64
labelled: { domain: Domain1, count: 6, validation: 3 }
model: { width: 8 }
method: { name: midss }
optimizer: { name: none }
training: { iterations: ${iterations}, labelledBatch: 2, unlabelledBatch: 2, threads: 1 }
logging: { every: 10 }
evaluation: { every: 100, preview: false }
`;

const work = mkdtempSync(join(tmpdir(), "dimseg-bits-"));
try {
  dimseg("data", "phantoms", work, "--size", "64", "--train", "12", "--test", "4");
  const config = join(work, "config.yaml");
  writeFileSync(config, configuration(Number(values.iterations)));
  const runs = {};
  for (const precision of ["fp32", "bf16"])
    for (const [name, settings] of Object.entries(methods)) {
      const run = join(work, `${name}-${precision}`);
      const set = [`training.precision=${precision}`, ...settings].flatMap((one) => ["--set", one]);
      dimseg("train", config, "--out", run, ...set);
      runs[`${name} ${precision}`] = {
        metrics: hashOf(run, (file) => file === "metrics.jsonl"),
        checkpoints: hashOf(run, (file) => file.startsWith("checkpoints")),
      };
      console.error(`${name} ${precision}: ${runs[`${name} ${precision}`].checkpoints.sha256.slice(0, 16)}`);
    }
  const commit = execFileSync("git", ["-C", clone, "rev-parse", "HEAD"], { encoding: "utf8" }).trim();
  console.log(JSON.stringify({ commit, iterations: Number(values.iterations), runs }, null, 2));
} finally {
  rmSync(work, { recursive: true, force: true });
}
