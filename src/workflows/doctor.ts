/** Everything `dimseg doctor` reports: the machine, the engine, the probe, and what is missing with its remedy. */
import { join } from "node:path";
import { type TrainingConfig, trainingSchema } from "../config/config.js";
import { packageRoot, packageVersion, setUpCommand } from "../core/package-root.js";
import { EngineError, engineInfo, keepFreedMemory, threads } from "../torch/index.js";
import { resolveEngine } from "../training/engine-settings.js";
import { type EngineProbe, probeEngine, probeShape, probeWidth } from "./machine/engine-probe.js";
import { type MachineFacts, machineFacts } from "./machine/machine-facts.js";

/** The engine as it loaded on this machine. */
export interface EngineFacts {
  version: string;
  /** Where set-up took libtorch from, and its folder. */
  source: string;
  /** Library for matrix products, as libtorch names it. */
  blas: string;
  /** oneDNN's version; null when libtorch was built without it. */
  onednn: string | null;
  /** The instruction set libtorch picked, such as "AVX512". */
  capability: string;
  threads: number;
  cudaDevices: number;
}

/** Something that stops or slows training, and the command or change that mends it. */
export interface Problem {
  severity: "error" | "advice";
  problem: string;
  remedy: string;
}

/** The full report; `engine` and `probe` are null where the engine does not load. */
export interface DoctorReport {
  dimseg: string;
  node: string;
  platform: string;
  machine: MachineFacts;
  engine: EngineFacts | null;
  probe: EngineProbe | null;
  /** What the probe's step trains: channels at full resolution, and the batch's images, channels, height and width. */
  probed: { width: number; batch: readonly number[] };
  /** What a training configuration takes where it says `auto`; null where the engine does not load. */
  auto: Pick<TrainingConfig["training"], "device" | "precision" | "memoryFormat"> | null;
  problems: Problem[];
}

/** `engines` of package.json. */
const leastNode = [20, 12] as const;
const gigabyte = 2 ** 30;
/** What set-up found and built; without it, set-up looks again. */
const built = join(packageRoot, "build");
const leastMemory = 2 * gigabyte;
const leastDisk = 2 * gigabyte;

/** Picks the telling parts out of libtorch's own description of its build. */
export function parseConfiguration(configuration: string): Pick<EngineFacts, "blas" | "onednn" | "capability"> {
  const find = (pattern: RegExp) => pattern.exec(configuration)?.[1] ?? null;
  const mkl = find(/Math Kernel Library Version (\S+?)(?:-Product)?\s/);
  const name = find(/BLAS_INFO=([^,\s]+)/);
  return {
    blas: mkl ? `MKL ${mkl}` : (name ?? "unknown"),
    onednn: find(/(?:MKL-DNN|oneDNN) v(\S+)/i),
    capability: find(/CPU capability usage: (.+)/) ?? "unknown",
  };
}

function engineFacts(): EngineFacts {
  const { version, source, configuration, onednn, cudaDevices } = engineInfo();
  const parts = parseConfiguration(configuration);
  const facts = { version, source, ...parts, threads: threads(), cudaDevices };
  return { ...facts, onednn: onednn ? (parts.onednn ?? "yes") : null };
}

function machineProblems({ memory, disk, cpu }: MachineFacts, engineThreads: number): Problem[] {
  const problems: Problem[] = [];
  const advise = (problem: string, remedy: string) => problems.push({ severity: "advice", problem, remedy });
  const available = Math.min(memory.available, memory.limit ?? Number.POSITIVE_INFINITY);
  const gigabytes = (bytes: number) => (bytes / gigabyte).toFixed(1);
  if (available < leastMemory) {
    advise(`${gigabytes(available)} GiB of memory are available`, "close other programs, or train with smaller images");
  }
  if (disk.free < leastDisk) {
    advise(`${gigabytes(disk.free)} GiB are free on the disk of ${disk.folder}`, "free some space before training");
  }
  if (cpu.quota !== null && cpu.quota < engineThreads) {
    const count = Math.max(1, Math.floor(cpu.quota));
    const problem = `this container may use ${cpu.quota} cores but the engine starts ${engineThreads} threads`;
    advise(problem, `dimseg train CONFIG --set training.threads=${count}`);
  }
  return problems;
}

function nodeProblems(version: string): Problem[] {
  const [major, minor] = version.replace(/^v/, "").split(".").map(Number);
  if (major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])) return [];
  const problem = `Node ${version} is older than ${leastNode.join(".")}`;
  return [{ severity: "error", problem, remedy: "nvm install 22, or a current Node from https://nodejs.org" }];
}

/** What the facts call for; `engineError` is why the engine did not load. @param node version of Node */
export function findProblems(
  machine: MachineFacts,
  engine: EngineFacts | null,
  engineError: Pick<Problem, "problem" | "remedy"> | null,
  node = process.version,
): Problem[] {
  const problems = nodeProblems(node);
  if (engineError !== null) problems.push({ severity: "error", ...engineError });
  if (machine.gpus.length > 0 && engine?.cudaDevices === 0) {
    const problem = `${machine.gpus[0]} is there but libtorch ${engine.version} sees no CUDA device`;
    problems.push({ severity: "advice", problem, remedy: `DIMSEG_CUDA=1 ${setUpCommand}` });
  }
  if (engine && Number(engine.version.split(".")[0]) < 2) {
    const problem = `libtorch ${engine.version} is old and slow`;
    const remedy = `rm -rf ${built} && DIMSEG_LIBTORCH_SOURCE=wheel ${setUpCommand}`;
    problems.push({ severity: "advice", problem, remedy });
  }
  if (engine && engine.onednn === null) {
    const problem = "this libtorch has no oneDNN, so convolutions are slow and bfloat16 is slower still";
    const remedy = `rm -rf ${built} && ${setUpCommand}, without DIMSEG_LIBTORCH`;
    problems.push({ severity: "advice", problem, remedy });
  }
  return [...problems, ...machineProblems(machine, engine?.threads ?? 0)];
}

/** What training takes for a network as wide as the probe's where nothing is configured. */
function automaticChoice(): DoctorReport["auto"] {
  const training = trainingSchema.shape.training.parse(undefined);
  const model = trainingSchema.shape.model.parse({ width: probeWidth });
  const { device, precision, memoryFormat } = resolveEngine({ training, model });
  return { device, precision, memoryFormat };
}

/** Loads the engine and times it for about two seconds. @param folder whose disk runs would fill */
export function examine(folder: string): DoctorReport {
  const machine = machineFacts(folder);
  let engine: EngineFacts | null = null;
  let engineError: Pick<Problem, "problem" | "remedy"> | null = null;
  try {
    engine = engineFacts();
    keepFreedMemory();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    engineError = { problem: error.problem, remedy: error.remedy };
  }
  return {
    dimseg: packageVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    machine,
    engine,
    probe: engine && probeEngine(),
    probed: { width: probeWidth, batch: probeShape },
    auto: engine && automaticChoice(),
    problems: findProblems(machine, engine, engineError),
  };
}
