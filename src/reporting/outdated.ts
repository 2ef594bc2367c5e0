/** Whether an evaluation was made of the images and masks that are there now. */
import { DimsegError } from "../core/errors.js";
import { contentsOf } from "../data/cache/contents.js";
import { caseName, loadDataset } from "../data/dataset.js";
import { readCaseBytes } from "../data/decode.js";
import type { JudgedCase } from "../runs/evaluation-files.js";

/**
 * What of the test cases is another than when they were judged.
 * @param judged undefined for an evaluation that keeps no hashes
 * @param dataset path of the data set's file
 * @returns a clause such as "the mask of b/test/1 was changed"; null when nothing is, or where the data set is gone
 */
export async function outdatedBy(judged: readonly JudgedCase[] | undefined, dataset: string): Promise<string | null> {
  if (judged === undefined) return null;
  try {
    const left = new Map(judged.map((one) => [one.case, one]));
    for (const one of loadDataset(dataset).domains.flatMap((domain) => domain.cases("test"))) {
      if (one.maskPath === undefined) continue;
      const name = caseName(one);
      const before = left.get(name);
      if (!before) return `${name} was not judged`;
      left.delete(name);
      const now = contentsOf(one, await readCaseBytes(one));
      if (now.image !== before.image) return `the image of ${name} was changed`;
      if (now.mask !== before.mask) return `the mask of ${name} was changed`;
    }
    const [gone] = left.keys();
    return gone === undefined ? null : `${gone} is no test case with a mask any more`;
  } catch (error) {
    if (!(error instanceof DimsegError)) throw error;
    return null;
  }
}
