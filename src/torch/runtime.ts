/** The engine as a whole: version, threads, allocator, determinism, devices. */
import { addonRecord, native } from "./native.js";
import type { Device } from "./tensor.js";

/** What the engine says about itself. */
export interface EngineInfo {
  version: string;
  source: string;
  configuration: string;
  parallel: string;
  mkl: boolean;
  onednn: boolean;
  cuda: boolean;
  cudaDevices: number;
}

/** Facts about the loaded libtorch. */
export function engineInfo(): EngineInfo {
  const { libtorch } = addonRecord();
  return { ...native().engineInfo(), source: libtorch ? `${libtorch.source} (${libtorch.root})` : "unknown" };
}

/** Threads that one operator may use on the CPU. */
export function threads(): number {
  return native().threads();
}

/** Sets the CPU threads of one operator. Results may differ in the last bits between thread counts. */
export function setThreads(count: number): void {
  native().setThreads(count);
}

/** Tensors alive on this thread; a training loop keeps it constant. */
export function liveTensors(): number {
  return native().liveTensors();
}

/**
 * From now on keeps large blocks that tensors on the CPU have freed for the next step instead of returning them to the
 * system, which saves the kernel from zeroing the same pages in every step. Adds at most 30 % to the memory that the
 * tensors needed at their peak. Holds for the whole process. Returns false where the system offers no way to do so.
 */
export function keepFreedMemory(): boolean {
  return native().keepFreedMemory();
}

/** Gives memory kept by {@link keepFreedMemory} back to the system. */
export function returnFreedMemory(): void {
  native().returnFreedMemory();
}

/** Refuses operators that are not deterministic and pins cuDNN's choice of algorithms. */
export function setDeterministic(enabled: boolean): void {
  native().setDeterministic(enabled);
}

/** Allows TensorFloat-32 products on CUDA. */
export function setTensorFloat32(enabled: boolean): void {
  native().setTensorFloat32(enabled);
}

/** Waits until a CUDA device has done all its work; nothing to wait for on the CPU. */
export function synchronize(device: Device): void {
  native().synchronize(device);
}
