/** How images that are worth a label are chosen. */
export const strategyNames = ["combined", "entropy", "random"] as const;
/** One of {@link strategyNames}. */
export type StrategyName = (typeof strategyNames)[number];
