/** The further processes of a training on one machine, started and watched by the first. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";
import { PeerError, ResourceError } from "../core/errors.js";
import { leaveWorld } from "../torch/index.js";
import { type Communicator, join } from "./communicator.js";
import { type Place, placeOf } from "./place.js";

const host = "127.0.0.1";

/** A port that nobody listens at now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .once("error", (cause) =>
        reject(new ResourceError(`no port of ${host} can be used: ${cause.message}`, { cause })),
      )
      .listen(0, host, () => {
        const address = server.address();
        server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
      });
  });
}

/** torchrun's variables. */
function variables(rank: number, size: number, port: number) {
  return {
    ...{ RANK: String(rank), WORLD_SIZE: String(size), LOCAL_RANK: String(rank), LOCAL_WORLD_SIZE: String(size) },
    ...{ MASTER_ADDR: host, MASTER_PORT: String(port) },
  };
}

/** The same program, whose part in the training is in its environment. */
function startHelper(rank: number, size: number, port: number): ChildProcess {
  // A group of its own: the first process alone is told by the terminal to stop, and all stop after the same step. The
  // channel carries nothing: it ends with the first process, however that ends.
  return spawn(process.execPath, [...process.execArgv, process.argv[1], "train"], {
    env: { ...process.env, ...variables(rank, size, port) },
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
}

/** Rejects when a helper ends; its last line says why. */
function endOf(child: ChildProcess, rank: number, size: number): Promise<never> {
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said = (said + String(chunk)).slice(-4096);
  });
  return new Promise((_, reject) => {
    const ended = (how: string) => reject(new PeerError(`process ${rank} of ${size} ${how}`));
    child.once("error", ({ message }) => ended(`cannot be started: ${message}`));
    child.once("exit", (code, signal) => {
      const line = said
        .trim()
        .split("\n")
        .at(-1)
        ?.replace(/^(internal )?error: /, "");
      ended(line ? `ended: ${line}` : `ended by ${signal ?? `exit code ${code}`}`);
    });
  });
}

/**
 * Starts the others and meets them; this process is the first. Unless OMP_NUM_THREADS says otherwise the processes share
 * out the cores, and by LOCAL_WORLD_SIZE the memory.
 * @throws PeerError when one of them ends before all have met
 */
export async function startHelpers(size: number): Promise<Communicator> {
  process.env.LOCAL_WORLD_SIZE = String(size);
  process.env.OMP_NUM_THREADS ??= String(Math.max(1, Math.floor(availableParallelism() / size)));
  const port = await freePort();
  const children = Array.from({ length: size - 1 }, (_, i) => startHelper(i + 1, size, port));
  try {
    const ends = children.map((child, i) => endOf(child, i + 1, size));
    return await Promise.race([join(placeOf(variables(0, size, port)) as Place), ...ends]);
  } catch (error) {
    for (const child of children) child.kill("SIGKILL");
    leaveWorld();
    throw error;
  }
}
