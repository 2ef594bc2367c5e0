/** Which parts no labelled case shows, so that nothing can be learnt of them. */
import type { Case, Dataset } from "./dataset.js";
import type { CaseSource } from "./decode.js";

/** Whether a label map, as `DecodedCase.label` is, holds a class. */
function shows(label: Uint8Array, index: number, { target, outputs }: Pick<Dataset, "target" | "outputs">): boolean {
  if (target === "softmax") return label.includes(index);
  const pixels = label.length / outputs;
  return label.subarray(index * pixels, (index + 1) * pixels).includes(1);
}

/**
 * Names of the parts that no case has a pixel of, at the size the source decodes to.
 * @throws DataError for a case that cannot be decoded
 */
export async function unseenParts(dataset: Dataset, cases: readonly Case[], source: CaseSource): Promise<string[]> {
  let unseen = dataset.parts;
  for (const one of cases) {
    if (unseen.length === 0) break;
    const { label } = await source.get(one);
    if (label) unseen = unseen.filter(({ index }) => !shows(label, index, dataset));
  }
  return unseen.map(({ name }) => name);
}
