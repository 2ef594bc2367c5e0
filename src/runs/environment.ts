/** What somebody needs to know to repeat a run, or to see why it gave other numbers elsewhere. */
import { execFileSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { outputOf } from "../core/output-of.js";
import { packageRoot, packageVersion } from "../core/package-root.js";

/** State of the git checkout dimseg runs from. */
export interface GitState {
  commit: string;
  /** Whether tracked files differ from the commit. */
  modified: boolean;
}

/** The facts of a run's start, as stored in environment.json. */
export interface Environment<Engine = unknown> {
  dimseg: string;
  /** `null` when dimseg does not run from its own git checkout, or git is missing. */
  git: GitState | null;
  node: string;
  /** For example "linux 6.1.0 x64". */
  platform: string;
  cpu: string;
  /** Logical cores of the machine, and those this process may use. */
  cores: { machine: number; usable: number };
  memoryBytes: number;
  /** Name and memory of each graphics processor, as NVIDIA's driver lists them; none without it. */
  gpus: string[];
  commandLine: string[];
  /** ISO 8601, UTC. */
  startedAt: string;
  /** What the engine says of itself: version, origin, threads, devices. */
  engine: Engine;
  /** The resolved configuration of a run, to compare its config.yaml with later. */
  config?: object;
}

function git(folder: string, ...args: string[]): string {
  return execFileSync("git", ["-C", folder, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 10_000,
  }).trim();
}

/** The checkout whose top is `folder`; a repository further up is somebody else's. */
export function gitState(folder: string): GitState | null {
  try {
    if (realpathSync(git(folder, "rev-parse", "--show-toplevel")) !== realpathSync(folder)) return null;
    const commit = git(folder, "rev-parse", "HEAD");
    return { commit, modified: git(folder, "status", "--porcelain", "--untracked-files=no") !== "" };
  } catch {
    return null;
  }
}

/** Name and memory of each graphics processor, for example "NVIDIA H200, 143771 MiB". */
export function listGpus(): string[] {
  const listed = outputOf("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader");
  return listed.split("\n").filter(Boolean);
}

/**
 * Collects the environment of this process.
 * @param engine what the engine says of itself; stored as it is, so it must be plain JSON
 */
export function collectEnvironment<Engine>(engine: Engine): Environment<Engine> {
  return {
    dimseg: packageVersion(),
    git: gitState(packageRoot),
    node: process.version,
    platform: `${process.platform} ${release()} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() || "unknown",
    cores: { machine: cpus().length, usable: availableParallelism() },
    memoryBytes: totalmem(),
    gpus: listGpus(),
    commandLine: process.argv,
    startedAt: new Date().toISOString(),
    engine,
  };
}
