/** The teacher of mean-teacher methods: an exponential moving average of the student's parameters. */
import type { SegmentationNetwork } from "../nn/index.js";
import { foreachAdd_, foreachMul_, noGrad } from "../torch/index.js";

/**
 * w̄ ← a·w̄ + (1−a)·w over parameters only. BatchNorm's running statistics are not averaged: the teacher runs in
 * training mode and keeps those of its own forward passes (MQinghe/MiDSS train.py, `update_ema_variables`).
 * @param decay a in [0, 1]; 0 copies the student
 */
export function updateTeacher(teacher: SegmentationNetwork, student: SegmentationNetwork, decay: number): void {
  noGrad(() => {
    const averaged = teacher.parameters();
    foreachMul_(averaged, decay);
    foreachAdd_(averaged, student.parameters(), { alpha: 1 - decay });
  });
}

/** The same over all state, BatchNorm's running statistics included (DeepMed-Lab-ECNU/BCP, `update_model_ema`). */
export function updateWholeTeacher(teacher: SegmentationNetwork, student: SegmentationNetwork, decay: number): void {
  noGrad(() => {
    const averaged = [...teacher.stateDict().values()];
    foreachMul_(averaged, decay);
    foreachAdd_(averaged, [...student.stateDict().values()], { alpha: 1 - decay });
  });
}
