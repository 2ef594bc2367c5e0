/**
 * The door to the C++ bridge. It is opened on first use, so that `dimseg --help` never loads libtorch.
 * Nothing outside src/torch imports this file.
 */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageRoot, setUpAdvice } from "../core/package-root.js";
import { EngineError, nativeError } from "./errors.js";

type Handles = Int32Array | readonly number[];

/** The functions of native/; handles are positive integers, 0 is "no tensor". */
export interface Native {
  findOperator(name: string, overload: string): number;
  // biome-ignore lint/suspicious/noExplicitAny: arguments and results are typed by the generated signatures
  callOperator(operator: number, ...args: any[]): any;
  schemas(name: string): string[];
  fromBytes(data: ArrayBufferView, dtype: string, shape: readonly number[]): number;
  copyBytes(handle: number, into: ArrayBufferView): void;
  release(handle: number): void;
  /** Tells V8 of the memory of a tensor that only a finalizer will release. */
  leaveToCollector(handle: number): void;
  releaseMany(handles: Handles): void;
  alias(handle: number): number;
  shape(handle: number): number[];
  strides(handle: number): number[];
  dtype(handle: number): string;
  device(handle: number): string;
  requiresGrad(handle: number): boolean;
  isChannelsLast(handle: number): boolean;
  liveTensors(): number;
  gradient(
    outputs: Handles,
    inputs: Handles,
    outputGradients: Handles | null,
    retainGraph: boolean,
    createGraph: boolean,
    allowUnused: boolean,
  ): number[];
  backward(outputs: Handles, outputGradients: Handles | null, retainGraph: boolean, createGraph: boolean): void;
  gradientOf(handle: number): number;
  clearGradient(handle: number): void;
  setGradMode(enabled: boolean): boolean;
  enterInferenceMode(): void;
  exitInferenceMode(): void;
  enterAutocast(device: string, dtype: string): void;
  exitAutocast(device: string): void;
  engineInfo(): {
    version: string;
    configuration: string;
    parallel: string;
    mkl: boolean;
    onednn: boolean;
    cuda: boolean;
    cudaDevices: number;
  };
  threads(): number;
  setThreads(count: number): void;
  keepFreedMemory(): boolean;
  returnFreedMemory(): void;
  /** Undefined where the system does not map the file. */
  mapFile(file: number): ArrayBuffer | undefined;
  dropPages(mapping: ArrayBuffer): void;
  manualSeed(seed: number): void;
  createGenerator(device: string, seed: number): number;
  releaseGenerator(generator: number): void;
  seedGenerator(generator: number, seed: number): void;
  generatorState(generator: number): number;
  setGeneratorState(generator: number, state: number): void;
  setDeterministic(enabled: boolean): void;
  setTensorFloat32(enabled: boolean): void;
  synchronize(device: string): void;
  beginCapture(device: string, sharing?: number): number;
  endCapture(graph: number): void;
  abandonCapture(graph: number): void;
  replayGraph(graph: number): void;
  releaseGraph(graph: number): void;
  countWaits(): void;
  countedWaits(): Record<string, number>;
  /** Times in milliseconds. */
  worldJoin(
    host: string,
    port: number,
    rank: number,
    size: number,
    keepsStore: boolean,
    name: string,
    patience: number,
    silence: number,
  ): Promise<void>;
  worldLeave(): void;
  worldFail(reason: string): void;
  worldFailure(): string;
  worldTraffic(): { calls: number; bytes: number; seconds: number };
  worldSum(handle: number): number;
  worldGather(handle: number): number;
  worldMean(handles: Handles): number[];
  worldGradient(outputs: Handles, inputs: Handles, retainGraph: boolean): number[];
  worldLargest(own: number): Promise<number>;
  worldShare(own: Uint8Array | null): Promise<Uint8Array>;
  setErrorFactory(factory: (kind: string, message: string) => Error): void;
}

/** What the set-up wrote about the addon it built. */
export interface AddonRecord {
  path: string;
  libtorch?: { version: string; root: string; source: string };
}

/**
 * Reads build/addon.json.
 * @throws EngineError when the set-up has not run
 */
export function addonRecord(): AddonRecord {
  const path = join(packageRoot, "build", "addon.json");
  requireReadable(path);
  if (!existsSync(path)) {
    throw new EngineError("the engine has not been built", setUpAdvice());
  }
  return JSON.parse(readFileSync(path, "utf8"));
}

/** Whether a file is there, but in a place that this user may not read. */
function isForbidden(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return false;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EACCES";
  }
}

/** Set-up by another user, root in a container most often: set-up by this one would fail for the same reason. */
function requireReadable(path: string, what = path): void {
  if (!isForbidden(path)) return;
  throw new EngineError(
    `${what} lies in ${path}, which this user may not read`,
    `as the user who ran set-up, ${setUpAdvice("DIMSEG_CACHE=/opt/dimseg")}, or let this user read that folder`,
  );
}

/**
 * OpenMP's threads wait for each other by spinning, for milliseconds unless told otherwise; on a machine that does
 * anything else at the same time a step then takes three times as long. A short spin costs nothing on a free one.
 * The OpenMP library reads this once, when it is loaded with the addon.
 */
function limitSpinning(): void {
  if (process.env.OMP_WAIT_POLICY === undefined) process.env.GOMP_SPINCOUNT ??= "10000";
}

function load(): Native {
  limitSpinning();
  const { path, libtorch } = addonRecord();
  requireReadable(path, "the engine");
  if (libtorch) requireReadable(join(libtorch.root, "lib"), "libtorch");
  let loaded: Native;
  try {
    loaded = createRequire(import.meta.url)(path);
  } catch (cause) {
    const reason = (cause as Error).message.split("\n")[0];
    throw new EngineError(`the engine ${path} does not load (${reason})`, setUpAdvice(), { cause });
  }
  loaded.setErrorFactory(nativeError);
  return loaded;
}

let binding: Native | undefined;

/** The bridge, loaded on first call. */
export function native(): Native {
  binding ??= load();
  return binding;
}

/** Runs `body` with something between it and the bridge. @param wrap gets the bridge and gives what stands for it */
export function withBridge<T>(wrap: (bridge: Native) => Native, body: () => T): T {
  const bridge = native();
  binding = wrap(bridge);
  try {
    return body();
  } finally {
    binding = bridge;
  }
}
