/** Pictures of systems and servers in the folders of a data set: nobody's data, and worth a line. */
import { join, relative, sep } from "node:path";
import { DataError } from "../../core/errors.js";
import { readerPatterns } from "../case-files.js";
import type { Dataset } from "../dataset.js";
import { patternFolder } from "../file-patterns.js";
import { scanFolder } from "../inspect/files/scan.js";
import { type SystemPictures, systemPicturesText } from "../system-names.js";

/** The folders that patterns look into, without those that lie in another one. */
function patternFolders({ root, domains }: Dataset): string[] {
  const sources = domains.flatMap(({ sources: { train, test } }) => [train, test]);
  const patterns = sources.flatMap((source) =>
    source?.images === undefined
      ? []
      : [
          source.images,
          ...readerPatterns(source)
            .flat()
            .map(({ pattern }) => pattern),
        ],
  );
  const folders = [...new Set(patterns.map((pattern) => patternFolder(root, pattern)))];
  return folders.filter((folder) => !folders.some((other) => other !== folder && folder.startsWith(`${other}${sep}`)));
}

/** What a folder holds of them; a folder that cannot be walked has other problems. */
function picturesIn(folder: string): SystemPictures {
  try {
    return scanFolder(folder).system;
  } catch (cause) {
    if (cause instanceof DataError) return { count: 0, first: "" };
    throw cause;
  }
}

/** A sentence with the number of such pictures and the first of them; nothing where there are none. */
export function systemPicturesLeftOut(dataset: Dataset): string[] {
  const found = patternFolders(dataset).flatMap((folder) => {
    const { count, first } = picturesIn(folder);
    return count === 0 ? [] : [{ count, first: relative(dataset.root, join(folder, first)) }];
  });
  const count = found.reduce((sum, one) => sum + one.count, 0);
  return systemPicturesText({ count, first: found[0]?.first ?? "" });
}
