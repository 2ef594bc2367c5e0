/** `dimseg doctor`: can this machine train, how fast, and what is missing. */
import type { Command } from "commander";
import { exitCodes } from "../core/errors.js";
import type { DoctorReport, EngineFacts } from "../workflows/doctor.js";
import type { CpuFeatures } from "../workflows/machine/machine-facts.js";
import { formatTable } from "./terminal/table.js";

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

function featureNames({ avx2, avx512, bf16, amx }: CpuFeatures): string {
  const named: [string, boolean][] = [
    ["AVX2", avx2],
    ["AVX-512", avx512],
    ["BF16", bf16],
    ["AMX", amx],
  ];
  const list = (wanted: boolean) => named.filter(([, has]) => has === wanted).map(([name]) => name);
  const missing = list(false);
  return `${list(true).join(", ") || "none"}${missing.length > 0 ? ` (not: ${missing.join(", ")})` : ""}`;
}

function engineLines(engine: EngineFacts | null): [string, string][] {
  if (!engine) return [["engine", "does not load, see below"]];
  const { version, source, blas, onednn, capability, threads, cudaDevices } = engine;
  return [
    ["engine", `libtorch ${version}, from ${source}`],
    ["libraries", `BLAS ${blas}, oneDNN ${onednn ?? "missing"}; uses ${capability}`],
    ["threads", String(threads)],
    ["CUDA devices", String(cudaDevices)],
  ];
}

function factLines({ dimseg, node, platform, machine, engine }: DoctorReport): string {
  const { cpu, memory, disk, gpus } = machine;
  const limit = memory.limit === null ? "" : `, limited to ${gibibytes(memory.limit)}`;
  const quota = cpu.quota === null ? "" : `, limited to ${cpu.quota}`;
  const lines: [string, string][] = [
    ["dimseg", `${dimseg}, Node ${node}, ${platform}`],
    ...engineLines(engine),
    ["processor", `${cpu.model}, ${cpu.cores} cores${quota}`],
    ["features", featureNames(cpu.features)],
    ...(gpus.length > 0 ? [["GPUs", gpus.join("; ")] as [string, string]] : []),
    ["memory", `${gibibytes(memory.available)} available of ${gibibytes(memory.total)}${limit}`],
    ["disk", `${gibibytes(disk.free)} free in ${disk.folder}`],
  ];
  return lines.map(([name, text]) => `${name.padEnd(13)} ${text}`).join("\n");
}

type EngineSettings = Pick<NonNullable<DoctorReport["auto"]>, "precision" | "memoryFormat">;

const formatNames = { contiguous: "NCHW", channelsLast: "channels-last" };

function probeLines({ probe, probed, auto }: DoctorReport): string[] {
  if (!probe || !auto) return [];
  const rows = probe.measurements.map(({ precision, memoryFormat, milliseconds }) => {
    const chosen = precision === probe.precision && memoryFormat === probe.memoryFormat;
    return [precision, formatNames[memoryFormat], milliseconds.toFixed(1), chosen ? "fastest" : ""];
  });
  const [images, , height, width] = probed.batch;
  const table = formatTable(["precision", "layout", "ms/step", ""], rows, ["left", "left", "right", "left"]);
  const settings = ({ precision, memoryFormat }: EngineSettings) =>
    `training.precision=${precision} training.memoryFormat=${memoryFormat}`;
  return [
    `\nSupervised training step of a U-Net of width ${probed.width} on the CPU, ${images} colour images of ${width} x ${height} pixels:\n${table}`,
    "A step grows with width, batch and pixels; `dimseg list methods` and `optimizers` say how many passes a step of theirs makes.",
    `Fastest: ${settings(probe)}`,
    `auto:    ${settings(auto)} training.device=${auto.device}`,
    "        (training goes by the machine's features and the network's width, since timings vary and runs must be repeatable)\n",
  ];
}

function missesSomething({ problems }: DoctorReport): boolean {
  return problems.some(({ severity }) => severity === "error");
}

/** The report as a person reads it. */
export function formatReport(report: DoctorReport): string {
  const problems = report.problems.map(
    ({ severity, problem, remedy }) => `${severity === "error" ? "missing" : "advice"}: ${problem}\n  → ${remedy}`,
  );
  const ready = missesSomething(report) ? [] : ["Ready to train."];
  return [factLines(report), ...probeLines(report), ...problems, ...ready].join("\n");
}

async function doctor({ json }: { json?: boolean }): Promise<void> {
  const { examine } = await import("../workflows/doctor.js");
  const report = examine(process.cwd());
  if (missesSomething(report)) process.exitCode = exitCodes.resource;
  console.log(json ? JSON.stringify(report, null, 2) : formatReport(report));
}

export function register(program: Command): void {
  program
    .command("doctor")
    .description("show what engine and machine offer, time a training step, and say what is missing")
    .option("--json", "print everything as JSON")
    .action(doctor);
}
