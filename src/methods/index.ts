/** Semi-supervised methods, and what new ones are made of. */
export { type AtLevel, overLevels } from "./deep-supervision.js";
export { type MethodEntry, methodEntry } from "./entry.js";
export {
  type ComputeOptions,
  type StudentOutput,
  studentForward,
  studentForwards,
  teacherForward,
  teacherForwards,
} from "./forward.js";
export type * from "./method.js";
export { createComparison, createObjective, type DomainComparison } from "./objective.js";
export { createMethod, type MethodChoice, type MethodName, methods } from "./registry.js";
export { type Restyler, restyle } from "./restyle.js";
export { allRows, type ChooseRows, sampleLosses } from "./samples.js";
export { updateTeacher } from "./teacher.js";
export { type JointOutput, jointForward, type NetworkInputs, networkInputs } from "./views.js";
