/** How good the masks of both engines are on the same cases. */
import type { Dataset } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decoded-case.js";
import { confusionCounts, dice } from "../../evaluation/overlap.js";
import { voxelCount } from "../../grid/grid.js";
import { classMask, withoutIgnored } from "../../inference/label-map.js";
import { mean } from "../../statistics/mean.js";
import type { BothLabels } from "./compare-case.js";

/** Dice of each part of each case that both can be judged at, side by side. */
export class DicePairs {
  private readonly pairs: { readonly own: number; readonly exported: number }[] = [];

  /** Adds what is known of a case; nothing of one without a mask. */
  judge(labels: BothLabels, { label, working }: DecodedCase, { parts, target }: Dataset): void {
    if (label === undefined) return;
    const voxels = voxelCount(working);
    const maps = [labels.own, labels.exported].map((map) => withoutIgnored(map, label));
    for (const { index } of parts) {
      const is = classMask(label, index, target, voxels);
      const [own, exported] = maps.map((map) => dice(confusionCounts(classMask(map, index, target, voxels), is)));
      if (!Number.isNaN(own - exported)) this.pairs.push({ own, exported });
    }
  }

  /** Mean Dice of libtorch and of the exported graph, in [0, 1]; null where nothing could be judged. */
  get means(): { own: number; exported: number } | null {
    if (this.pairs.length === 0) return null;
    return {
      own: mean(this.pairs.map(({ own }) => own)),
      exported: mean(this.pairs.map(({ exported }) => exported)),
    };
  }
}
