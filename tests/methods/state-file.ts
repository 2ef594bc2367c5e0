/** Reading single values out of a checkpoint's file. */
import { readSafetensors } from "../../src/core/formats/safetensors.js";
import { scope, tensorFromRaw } from "../../src/torch/index.js";

/** All values of one tensor of a safetensors file. @throws Error when there is no such file or tensor */
export function tensorFromBytes(bytes: Uint8Array | undefined, name: string): number[] {
  const raw = bytes && readSafetensors(bytes, "test").tensors.get(name);
  if (!raw) throw new Error(`the file has no ${name}`);
  return scope(() => [...tensorFromRaw(raw).toNumbers()]);
}
