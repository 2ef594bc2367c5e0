import { agreement, type Signal } from "./signal.js";

/** Agreement of student and teacher. They are not independent: it is high also where both are wrong. */
export const teacherAgreement: Signal = {
  summary: "Dice of the student's and the teacher's mask, where the run keeps a teacher",
  source: "ensemble agreement: Zenk et al., Medical Image Analysis 2025",
  cost: "1 pass",
  value: (seen) => agreement(seen, "teacher"),
};
