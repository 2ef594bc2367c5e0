/** Semi-supervised methods. */
export type { MethodEntry } from "./entry.js";
export { type ForwardOptions, studentForward } from "./forward.js";
export type * from "./method.js";
export { createComparison, createObjective, type DomainComparison } from "./objective.js";
export { type MethodName, methods } from "./registry.js";
