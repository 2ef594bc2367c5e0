/** Which checkpoint of a run is meant: the newest, or the one chosen by a rule. */
export const checkpointNames = ["last", "best", "best-on-test"] as const;
export type CheckpointName = (typeof checkpointNames)[number];

/** Which of a run's networks is meant; the teacher is the averaged one that some methods keep. */
export const networkNames = ["student", "teacher"] as const;
export type NetworkName = (typeof networkNames)[number];
