/** Semi-supervised methods, and what new ones are made of. */
export { type MethodEntry, methodEntry } from "./entry.js";
export type * from "./method.js";
export { createComparison, createObjective, type DomainComparison } from "./objective.js";
export { type AtLevel, overLevels } from "./parts/deep-supervision.js";
export {
  type ComputeOptions,
  type StudentOutput,
  studentForward,
  studentForwards,
  teacherForward,
  teacherForwards,
} from "./parts/forward.js";
export { type Restyler, restyle } from "./parts/restyle.js";
export { allRows, type ChooseRows, sampleLosses } from "./parts/samples.js";
export { updateTeacher } from "./parts/teacher.js";
export { type JointOutput, jointForward, type NetworkInputs, networkInputs } from "./parts/views.js";
export { createMethod, type MethodChoice, type MethodName, methods } from "./registry.js";
