/** Further metrics that have a mean in results tables, in their order. */
export const furtherMetrics = ["nsd", "volumeError", "lesionF1"] as const;
/** One of {@link furtherMetrics}. */
export type FurtherMetric = (typeof furtherMetrics)[number];
