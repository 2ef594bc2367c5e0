/** Where a sweep's runs can be handed over to. */
export const queueNames = ["shell", "slurm", "kubernetes"] as const;
export type QueueName = (typeof queueNames)[number];
