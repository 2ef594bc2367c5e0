/** A trained run or exported model behind HTTP, until it is told to end. */
import { availableParallelism } from "node:os";
import { UsageError } from "../core/errors.js";
import { isLoopback } from "../http/address.js";
import { localServer } from "../http/local-server.js";
import { readToken } from "../http/token.js";
import type { Observer, Workflow } from "./observer.js";
import type { AskedNetwork } from "./prediction/segmenter.js";
import { Admission } from "./serving/admission.js";
import type { ModelFacts } from "./serving/messages.js";
import { ServingMetrics } from "./serving/metrics.js";
import { addRoutes, knownPaths, openPaths } from "./serving/routes.js";
import { Uploads } from "./serving/uploads.js";
import { WorkerPool } from "./serving/worker-pool.js";

/** What is served, where, and within which limits. */
export interface ServeInput extends Omit<AskedNetwork, "probabilities" | "with" | "threads"> {
  /** An address of this machine. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** File with what clients have to show; needed where others than this machine reach the address. */
  readonly tokenFile?: string | undefined;
  /** Processes that segment, each with the model; the machine's cores are divided among them. */
  readonly workers: number;
  /** Uploads that wait or are being sent, beside those that workers are at. */
  readonly queue: number;
  /** Largest body in bytes. */
  readonly maxBytes: number;
  /** Longest time of sending a body, and of segmenting it, each. */
  readonly seconds: number;
  /** Aborted when the server is to end: what is under way is finished, nothing else is taken. */
  readonly ending: AbortSignal;
}

/** Watches a server. */
export interface ServeObserver extends Observer {
  /** The server takes requests. */
  listening(url: string, facts: ModelFacts): void;
}

/** @throws UsageError naming the option */
function checkNumbers({ port, workers, queue, maxBytes, seconds }: ServeInput): void {
  const check = (option: string, value: number, least: number, most: number) => {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    throw new UsageError(`${option}: give a whole number from ${least} to ${most}`);
  };
  check("--port", port, 0, 65_535);
  check("--workers", workers, 1, 256);
  check("--queue", queue, 0, 10_000);
  check("--max-upload", maxBytes / 2 ** 20, 1, 2048);
  check("--timeout", seconds, 1, 3600);
}

/** @throws UsageError for an address that others reach without a token; as readToken */
function tokenOf({ host, tokenFile }: ServeInput): string | null {
  if (tokenFile !== undefined) return readToken(tokenFile);
  if (isLoopback(host)) return null;
  throw new UsageError(
    `--host ${host}: others than this machine reach it; give --token-file FILE, which \`(umask 077; openssl rand -hex 32 > FILE)\` makes`,
  );
}

/** Threads of each of several workers; one alone chooses as \`dimseg predict\` does. */
function threadsOf(workers: number): number | undefined {
  if (workers === 1 || process.env.OMP_NUM_THREADS !== undefined) return undefined;
  return Math.max(1, Math.floor(availableParallelism() / workers));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Answers requests with open workers until it is told to end. */
async function answerWith(
  pool: WorkerPool,
  token: string | null,
  input: ServeInput,
  observer: ServeObserver,
): Promise<void> {
  const { host, port, workers, queue, maxBytes, seconds, ending } = input;
  const admission = new Admission(workers + queue, workers);
  const metrics = new ServingMetrics(pool, admission, knownPaths);
  const uploads = await Uploads.open();
  try {
    const limits = { maxBytes, seconds, places: admission.places };
    const server = await localServer({
      ...{ host, port, token, open: openPaths, requestSeconds: seconds },
      first: metrics.counting(),
      routes: (app) => addRoutes(app, { pool, admission, uploads, metrics, limits }),
      defect: (error) => observer.warn(`internal error: ${error instanceof Error ? error.stack : error}`),
    });
    observer.listening(server.url, pool.facts);
    await aborted(ending);
    // As long as the slowest request may take: it is sent, waits for all others, and is segmented.
    await server.close(seconds * (2 + Math.ceil(queue / workers)));
  } finally {
    await uploads.close();
  }
}

/**
 * Serves a model.
 * @throws UsageError for numbers out of range, or an address that others reach without a token; ResourceError when the port
 *   cannot be had; what opening the model throws
 */
export const serveModel: Workflow<ServeInput, void, ServeObserver> = async (input, observer) => {
  checkNumbers(input);
  const token = tokenOf(input);
  const { run, checkpoint, network, tta, intensity, domain, engine, quality, rules, workers, seconds } = input;
  const asked = { run, checkpoint, network, tta, intensity, domain, engine, quality, rules, probabilities: false };
  const pool = await WorkerPool.open({
    ...{ asked, workers, seconds, threads: threadsOf(workers) },
    warn: observer.warn,
  });
  try {
    await answerWith(pool, token, input, observer);
  } finally {
    await pool.close();
  }
};
