/** ONNX Runtime is an optional package; where it is missing, tests that need it are left out. */
import { createRequire } from "node:module";

function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve("onnxruntime-node");
    return true;
  } catch {
    return false;
  }
}

export const hasOnnxRuntime = isInstalled();
