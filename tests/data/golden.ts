/** Loads a golden `augment` case: its parameters and its tensors as plain arrays. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readSafetensorsFile } from "../../src/core/formats/safetensors.js";

export interface GoldenTensor {
  shape: readonly number[];
  bytes: Uint8Array;
}

export function goldenAugment(name: string): { params: Record<string, never>; tensor(name: string): GoldenTensor } {
  const path = fileURLToPath(new URL(`../golden/augment/${name}`, import.meta.url));
  const { tensors } = readSafetensorsFile(`${path}.safetensors`);
  return {
    params: JSON.parse(readFileSync(`${path}.json`, "utf8")).params,
    tensor(key) {
      const raw = tensors.get(key);
      if (!raw) throw new Error(`golden ${name} has no tensor ${key}`);
      return { shape: raw.shape, bytes: raw.data };
    },
  };
}
