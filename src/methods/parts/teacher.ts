/** The teacher of mean-teacher methods: an exponential moving average of the student's parameters. */
import type { SegmentationNetwork } from "../../nn/index.js";
import { blend_, emaDecay, type Factor, stepValue } from "../../optim/index.js";
import type { MethodStep } from "../method.js";

/**
 * w̄ ← a·w̄ + (1−a)·w over parameters only. BatchNorm's running statistics are not averaged: the teacher runs in
 * training mode and keeps those of its own forward passes (MQinghe/MiDSS train.py, `update_ema_variables`).
 * @param decay a in [0, 1]; 0 copies the student
 */
export function updateTeacher(teacher: SegmentationNetwork, student: SegmentationNetwork, decay: Factor): void {
  blend_(teacher.parameters(), student.parameters(), decay);
}

/** The same over all state, BatchNorm's running statistics included (DeepMed-Lab-ECNU/BCP, `update_model_ema`). */
export function updateWholeTeacher(teacher: SegmentationNetwork, student: SegmentationNetwork, decay: Factor): void {
  blend_([...teacher.stateDict().values()], [...student.stateDict().values()], decay);
}

/** A method's update of its teacher after a step: by a decay that grows to its limit. */
export function followStudent(
  teacher: SegmentationNetwork,
  student: SegmentationNetwork,
  step: MethodStep,
  limit: number,
): void {
  const decay = stepValue(step, ({ iteration }: MethodStep) => emaDecay(iteration, limit));
  updateTeacher(teacher, student, decay);
}
