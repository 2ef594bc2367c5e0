/** Optimisers and schedules. */
export { AdamW, type AdamWOptions } from "./adamw.js";
export type { Optimizer } from "./optimizer.js";
export * from "./schedules.js";
export { Sgd, type SgdOptions } from "./sgd.js";
