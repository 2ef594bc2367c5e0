/** Devices that networks run on. */
import { UsageError } from "../core/errors.js";
import { engineInfo, keepFreedMemory, setDeterministic, setTensorFloat32, setThreads } from "./runtime.js";
import type { Device } from "./tensor.js";

const pattern = /^cuda(?::(\d+))?$/;

/** Whether this engine has a device. */
export function hasDevice(device: Device): boolean {
  if (device === "cpu") return true;
  const match = pattern.exec(device);
  const { cuda, cudaDevices } = engineInfo();
  return match !== null && cuda && Number(match[1] ?? 0) < cudaDevices;
}

/**
 * Refuses a device that this engine does not have.
 * @param option how messages call the setting
 * @param choices what the setting takes
 * @throws UsageError
 */
export function requireDevice(device: Device, option = "device", choices = "cpu, cuda or cuda:N"): void {
  if (hasDevice(device)) return;
  if (!pattern.test(device)) throw new UsageError(`${option} is "${device}"; take ${choices}`);
  const { cudaDevices } = engineInfo();
  throw new UsageError(
    `${option} is "${device}", but this engine sees ${cudaDevices} CUDA devices; take cpu, or see docs/install.md`,
  );
}

/**
 * Readies a device for reproducible work. On CUDA the engine then refuses operators that are not deterministic, and
 * float32 is float32: by itself cuDNN takes TensorFloat-32, which keeps three digits.
 * @throws UsageError when it is not there
 */
export function useDevice(device: Device): void {
  requireDevice(device);
  if (device === "cpu") return;
  setDeterministic(true);
  setTensorFloat32(false);
}

/**
 * Readies the engine of this process for long work on a device; it stays so for everything that the process does after.
 * @param use.threads of one operator on the CPU; default: as it is
 * @throws UsageError when the device is not there
 */
export function useEngine(use: { readonly device: Device; readonly threads?: number | undefined }): void {
  if (use.threads !== undefined) setThreads(use.threads);
  useDevice(use.device);
  keepFreedMemory();
}
