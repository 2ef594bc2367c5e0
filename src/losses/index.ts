/** Losses and the weights that ramp them. */
export * from "./copy-paste.js";
export * from "./pseudo-label.js";
export * from "./ramps.js";
export * from "./segmentation.js";
export * from "./uncertainty-consistency.js";
