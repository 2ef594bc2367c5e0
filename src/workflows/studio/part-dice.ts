/** Dice of a prediction against a reference, part by part, where both are one byte a voxel (code-bytes.ts). */
import { ignoredLabel } from "../../core/target-kind.js";
import type { Dataset } from "../../data/dataset.js";
import { holdsClass } from "../../data/masks/code-bytes.js";

/** Dice of each part, 0 to 1; 1 where neither holds it. Voxels that nobody labelled count for nothing. */
export function partDice(
  prediction: Uint8Array,
  reference: Uint8Array,
  { target, parts }: Pick<Dataset, "target" | "parts">,
): { part: string; dice: number }[] {
  return parts.map(({ name, index }) => {
    const holds = holdsClass(index, { target });
    let both = 0;
    let sum = 0;
    for (let i = 0; i < reference.length; i++) {
      if (reference[i] === ignoredLabel) continue;
      both += holds[prediction[i]] & holds[reference[i]];
      sum += holds[prediction[i]] + holds[reference[i]];
    }
    return { part: name, dice: sum === 0 ? 1 : (2 * both) / sum };
  });
}
