/** What is computed from trained runs for reports. */
export { type BottleneckFeatures, type BottleneckOptions, bottleneckFeatures } from "./bottleneck.js";
export {
  type LandscapeOptions,
  type LinePoint,
  type LossLandscape,
  lossLandscape,
  type PlanePoint,
} from "./landscape.js";
