/** What the columns of results tables are called, in the words of every table that shows them. */
import type { DistanceUnits } from "./evaluate-network.js";
import { type FurtherMetric, furtherMetrics } from "./further-names.js";

/** The unit of distances as it stands behind a number: `px` or `mm`. */
export function unitText(units: DistanceUnits | undefined): string {
  return units === "mm" ? "mm" : "px";
}

/** How an evaluation measured. */
export interface Measured {
  /** Default "pixels". */
  readonly units?: DistanceUnits | undefined;
  /** Tolerance of the normalised surface Dice, in those units. */
  readonly nsdTolerance?: number | undefined;
}

/** The head of a further metric's column, in percent: `NSD % at 2 mm`. */
export function furtherHead(metric: FurtherMetric, { units, nsdTolerance }: Measured): string {
  if (metric === "volumeError") return "volume error %";
  if (metric === "lesionF1") return "lesion F1 %";
  return `NSD % at ${nsdTolerance} ${unitText(units)}`;
}

/** Those of the further metrics that were measured, in their order. @param average of a summary */
export function measuredFurther(average: Partial<Record<FurtherMetric, unknown>>): FurtherMetric[] {
  return furtherMetrics.filter((metric) => average[metric] !== undefined);
}
