/** The engine: PyTorch's tensors and operators for TypeScript. */
import "./generated/methods.js";

export type { RawTensor } from "../core/formats/raw-tensor.js";
export * from "./autograd.js";
export * from "./axes.js";
export { fromTypedArray, hostUploads, type NestedNumbers, tensor } from "./create.js";
export { hasDevice, requireDevice, useDevice, useEngine } from "./device.js";
export { type DeviceCall, deviceProgram } from "./device-program.js";
export * from "./errors.js";
export * from "./generated/functions.js";
export { Graph } from "./graph.js";
export { KeptTensors } from "./kept-tensors.js";
export * from "./kernels.js";
export { dropPages, mapFile } from "./mapping.js";
export { type Pack, type Sent, sendTogether } from "./pack.js";
export { Generator, manualSeed } from "./random.js";
export { readTogether } from "./read-together.js";
export { type RecordedCall, type Recorder, recordOperators } from "./recording.js";
export * from "./runtime.js";
export { adopt, type Owned, persist, scope } from "./scope.js";
export { loadTensors, rawFromTensor, serializeTensors, tensorFromRaw } from "./serialize.js";
export { type Device, type DType, hostReads, type MemoryFormat, Tensor, type TypedArray } from "./tensor.js";
export { type Traffic, trafficOf } from "./traffic.js";
export { where } from "./where.js";
export {
  joinWorld,
  leaveWorld,
  together,
  type WorldPlace,
  type WorldTraffic,
  worldAverages,
  worldFailed,
  worldFailure,
  worldGradient,
  worldLargest,
  worldMean,
  worldRows,
  worldShare,
  worldSize,
  worldSum,
  worldSums,
  worldTraffic,
} from "./world.js";
