/** What a data set is called. */
import { basename } from "node:path";

/**
 * A name that `dataset.yaml` may hold.
 * @param root  the folder, whose name it is where nothing else is known
 * @param known what files of the set say
 */
export function nameOf(root: string, known: string | undefined): string {
  const name =
    known ??
    basename(root)
      .replace(/[^\p{L}\p{N} ._+-]+/gu, "-")
      .replace(/^[^\p{L}]+/u, "");
  return (name || "dataset").slice(0, 80);
}
