/** The teacher of mean-teacher methods: an exponential moving average of the student's parameters. */
import type { SegmentationNetwork } from "../../nn/index.js";
import { addScaled_, type Factor, multiply_ } from "../../optim/index.js";
import { noGrad, scope, type Tensor } from "../../torch/index.js";

/**
 * w̄ ← a·w̄ + (1−a)·w over parameters only. BatchNorm's running statistics are not averaged: the teacher runs in
 * training mode and keeps those of its own forward passes (MQinghe/MiDSS train.py, `update_ema_variables`).
 * @param decay a in [0, 1]; 0 copies the student
 */
export function updateTeacher(teacher: SegmentationNetwork, student: SegmentationNetwork, decay: Factor): void {
  blend(teacher.parameters(), student.parameters(), decay);
}

/** The same over all state, BatchNorm's running statistics included (DeepMed-Lab-ECNU/BCP, `update_model_ema`). */
export function updateWholeTeacher(teacher: SegmentationNetwork, student: SegmentationNetwork, decay: Factor): void {
  blend([...teacher.stateDict().values()], [...student.stateDict().values()], decay);
}

function blend(averaged: readonly Tensor[], present: readonly Tensor[], decay: Factor): void {
  noGrad(() =>
    scope(() => {
      multiply_(averaged, decay);
      addScaled_(averaged, typeof decay === "number" ? 1 - decay : decay.neg().add(1), present);
    }),
  );
}
