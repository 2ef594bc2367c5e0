/** Networks and the layers they are made of. */
export * from "./layers.js";
export {
  averagingStatistics,
  inEvaluationMode,
  runningStatistics,
  useLocalStatistics,
  withFixedStatistics,
  withFrozenRunningStatistics,
  withSeparateStatistics,
} from "./modes.js";
export { Layer, Module, type Placement } from "./module.js";
export { createNorm, GroupNorm, InstanceNorm, type NormName, normNames } from "./norms.js";
export {
  createNetwork,
  type NetworkChoice,
  type NetworkEntry,
  type NetworkName,
  networkNames,
  networks,
} from "./registry.js";
export { ResidualUNet, type ResidualUNetOptions } from "./residual-unet.js";
export { type NetworkOptions, type NetworkOutput, SegmentationNetwork } from "./segmentation-network.js";
export { UNet } from "./unet.js";
export { UNet3d, type UNet3dOptions } from "./unet-3d.js";
export { UNetSsl4mis } from "./unet-ssl4mis.js";
export { VNet, type VNetOptions } from "./vnet.js";
