/** Networks and the layers they are made of. */
export * from "./layers.js";
export {
  inEvaluationMode,
  withFixedStatistics,
  withFrozenRunningStatistics,
  withSeparateStatistics,
} from "./modes.js";
export { Layer, Module, type Placement } from "./module.js";
export { type NetworkEntry, type NetworkName, networkNames, networks } from "./registry.js";
export { type NetworkOutput, SegmentationNetwork } from "./segmentation-network.js";
export { UNet, type UNetOptions } from "./unet.js";
export { UNetSsl4mis } from "./unet-ssl4mis.js";
