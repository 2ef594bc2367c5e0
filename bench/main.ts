/**
 * `npm run bench -- NAME [--device cuda] [--before DIR] [--quick] [--json FILE]`: runs one bench, prints its table and stores it with
 * the facts of the machine, by default as bench/results/NAME.json. A new bench is one file that exports `run` and one
 * line here. --before measures this checkout beside another, built one instead of beside PyTorch.
 */
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { DimsegError, UsageError } from "../src/core/errors.js";
import { writeFileAtomic } from "../src/core/files/atomic-file.js";
import { packageRoot } from "../src/core/package-root.js";
import { collectEnvironment } from "../src/runs/environment.js";
import { engineInfo, requireDevice, threads } from "../src/torch/index.js";
import { type Bench, formatTable } from "./report.js";

const benches: Record<string, () => Promise<{ run: Bench }>> = {
  data: () => import("./data.js"),
  engine: () => import("./engine.js"),
  export: () => import("./export.js"),
  intake: () => import("./intake.js"),
  metrics: () => import("./metrics.js"),
  optimisers: () => import("./optimisers.js"),
  report: () => import("./whole-report.js"),
  scale: () => import("./scale.js"),
  step: () => import("./step.js"),
  studio: () => import("./studio.js"),
  tsne: () => import("./tsne.js"),
  volumes: () => import("./volumes.js"),
  "volume-files": () => import("./volume-files.js"),
};
/** Those that can run on another device than the CPU. */
const withDevice = ["step"];
/** Those that can measure another checkout. */
const withBefore: Record<string, () => Promise<{ run: Bench }>> = { step: () => import("./step-before.js") };

interface CommandLine {
  name: string;
  quick: boolean;
  device: string;
  before: string | null;
  /** Where the result goes; null: nowhere. */
  json: string | null;
}

function readCommandLine(args: string[]): CommandLine {
  const usage = `usage: npm run bench -- ${Object.keys(benches).join("|")} [--device cuda] [--before DIR] [--quick] [--json FILE]`;
  let parsed: { values: { quick?: boolean; json?: string; device: string; before?: string }; positionals: string[] };
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        quick: { type: "boolean" },
        json: { type: "string" },
        before: { type: "string" },
        device: { type: "string", default: "cpu" },
      },
    });
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message.split(". ")[0]}; ${usage}`, { cause });
  }
  const [name, ...rest] = parsed.positionals;
  if (name === undefined || rest.length > 0 || !Object.hasOwn(benches, name)) throw new UsageError(usage);
  const quick = parsed.values.quick ?? false;
  const { device } = parsed.values;
  requireDevice(device, "--device");
  if (device !== "cpu" && !withDevice.includes(name)) throw new UsageError(`bench ${name} runs on the cpu only`);
  const before = parsed.values.before === undefined ? null : resolve(parsed.values.before);
  if (before !== null && !Object.hasOwn(withBefore, name)) throw new UsageError(`bench ${name} has no --before`);
  const subject = before === null ? name : `${name}-before`;
  const file = device === "cpu" ? `${subject}.json` : `${subject}-${device.replace(":", "")}.json`;
  const standard = quick ? null : resolve(packageRoot, "bench", "results", file);
  return { name, quick, device, before, json: parsed.values.json ?? standard };
}

/** What the numbers hold for, without anything that names a place on this machine. */
function machineFacts(): object {
  const { version, configuration } = engineInfo();
  const { commandLine: _, ...facts } = collectEnvironment({
    libtorch: version,
    cpuCapability: /CPU capability usage: (\S+)/.exec(configuration)?.[1] ?? null,
    threads: threads(),
  });
  return facts;
}

async function main(args: string[]): Promise<void> {
  const { name, quick, device, before, json } = readCommandLine(args);
  const { run } = await (before === null ? benches : withBefore)[name]();
  const machine = machineFacts();
  const { title, rows, notes } = await run({ quick, device, before });
  console.log(`${title}${quick ? " (quick: not for the record)" : ""}\n\n${formatTable(rows)}\n`);
  for (const note of notes) console.log(`- ${note}`);
  if (json === null) return;
  writeFileAtomic(json, `${JSON.stringify({ bench: name, title, quick, machine, rows, notes }, null, 2)}\n`);
  console.log(`\nwritten to ${relative(process.cwd(), resolve(json))}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof DimsegError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
