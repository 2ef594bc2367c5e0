/** Other checkpoints of a run, whose masks are held against those of the one that is asked. */
import { CheckpointError } from "../../core/errors.js";
import type { SegmentationNetwork } from "../../nn/index.js";
import { autoCandidates } from "../../runs/checkpoints/auto-choice.js";
import type { NetworkName } from "../../runs/checkpoints/checkpoint-names.js";
import { networkAt } from "../../runs/load-run.js";
import type { Observer } from "../observer.js";
import type { OpenedRun } from "../open-run.js";

/** How many of them are asked, the latest. */
const mostCheckpoints = 2;

/** A network of the run at another step. */
export interface OtherCheckpoint {
  readonly step: number;
  readonly network: SegmentationNetwork;
}

/** The latest others of those that a run keeps for good; one that cannot be used is passed over with a warning. */
export async function otherCheckpoints(
  run: OpenedRun,
  name: NetworkName,
  { warn }: Pick<Observer, "warn">,
): Promise<OtherCheckpoint[]> {
  const others: OtherCheckpoint[] = [];
  const steps = autoCandidates(run.folder, run.config).map(({ step }) => step);
  for (const step of steps.filter((one) => one !== run.step && one > 0).slice(-mostCheckpoints)) {
    try {
      const network = networkAt(run, `step-${step}`, name);
      if (network) others.push({ step, network });
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      warn(`${error.message}; it is not asked`);
    }
  }
  return others;
}
