/**
 * Which of the cases to be judged a run has learnt from, whatever they are called in the other data set: those whose
 * image file is, byte for byte, one of the run's training images. The run keeps their hashes, so its own data set need
 * not be there.
 */
import { counted } from "../../core/counted.js";
import type { JudgedCase } from "../../runs/evaluation-files.js";
import { readContents, readSplit } from "../../runs/split-record.js";
import type { OpenedRun } from "../open-run.js";

type Use = "labelled" | "unlabelled";

/** How the run used each training image, by the hash of its file; undefined where it keeps no hashes. */
function usesByHash({ folder, config }: OpenedRun): Map<string, Use> | undefined {
  const contents = readContents(folder.split);
  if (contents === undefined) return undefined;
  const split = readSplit(folder.split, config);
  const uses = new Map<string, Use>();
  for (const use of ["unlabelled", "labelled"] as const) {
    for (const name of split[use]) {
      const hash = contents.get(name)?.image;
      if (hash !== undefined) uses.set(hash, use);
    }
  }
  return uses;
}

/**
 * Says how many of the judged cases of another data set the run has learnt from.
 * @param dataset path of the other data set's file
 * @returns one sentence; undefined when there are none
 * @throws DataError when the run's record of its training cases is broken
 */
export function learntWarning(run: OpenedRun, judged: readonly JudgedCase[], dataset: string): string | undefined {
  const uses = usesByHash(run);
  if (uses === undefined) {
    return `cannot tell whether the run was trained on these cases: ${run.folder.path} keeps no hashes of its images`;
  }
  const found = judged.flatMap((one) => {
    const use = uses.get(one.image);
    return use ? [{ name: one.case, use }] : [];
  });
  if (found.length === 0) return undefined;
  const counts = (["labelled", "unlabelled"] as const).flatMap((use) => {
    const count = found.filter((other) => other.use === use).length;
    return count > 0 ? [`${count} ${use}`] : [];
  });
  return (
    `${dataset}: the run was trained on ${found.length} of the ${counted(judged.length, "case")} that were judged ` +
    `(${counts.join(", ")}; the first is ${found[0].name}), which flatters it; leave them out to judge it on new images`
  );
}
