/** Devices that networks run on. */
import { UsageError } from "../core/errors.js";
import { engineInfo, setDeterministic, setTensorFloat32 } from "./runtime.js";
import type { Device } from "./tensor.js";

/**
 * Refuses a device that this engine does not have.
 * @param option how messages call the setting
 * @throws UsageError
 */
export function requireDevice(device: Device, option = "device"): void {
  if (device === "cpu") return;
  const match = /^cuda(?::(\d+))?$/.exec(device);
  if (!match) throw new UsageError(`${option} is "${device}"; take cpu, cuda or cuda:N`);
  const { cuda, cudaDevices } = engineInfo();
  if (cuda && Number(match[1] ?? 0) < cudaDevices) return;
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
