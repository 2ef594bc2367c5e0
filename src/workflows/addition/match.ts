/** Which image each drawn mask is of, by its name. */
import { basename } from "node:path";
import { DataError } from "../../core/errors.js";
import { allCases, type Case, caseName, type Dataset } from "../../data/dataset.js";
import { withoutEnding } from "../../data/file-patterns.js";
import { fileOf } from "../../data/inside-file.js";
import { type InputImage, listInputs } from "../prediction/inputs.js";

/** A mask and the case that it is of. */
export interface DrawnMask {
  readonly path: string;
  readonly case: Case;
}

/**
 * What a mask of a case may be called, without its ending: the id, or the image's own name, in any folder of the domain's
 * and split's names.
 */
function namesOf(one: Case): string[] {
  const own = [one.id, withoutEnding(basename(fileOf(one.imagePath))).normalize("NFC")];
  return own.flatMap((id) => [id, `${one.domain}/${id}`, `${one.domain}/${one.split}/${id}`]);
}

/**
 * Matches the masks below a folder to the cases of a data set.
 * @throws DataError for a mask that no image, or more than one, is called like, and for two masks of one image
 */
export function matchMasks(folder: string, dataset: Dataset): DrawnMask[] {
  const byName = new Map<string, Set<Case>>();
  for (const one of allCases(dataset))
    for (const name of namesOf(one)) byName.set(name, (byName.get(name) ?? new Set()).add(one));
  const caseOf = ({ path, name }: InputImage): Case => {
    const [found, ...others] = byName.get(name.replaceAll("\\", "/").normalize("NFC")) ?? [];
    if (found === undefined)
      throw new DataError(
        `${path}: no image of ${dataset.path} is called ${name}; name the mask as its image, without what a program added`,
      );
    if (others.length === 0) return found;
    throw new DataError(
      `${path}: is called as ${caseName(found)} and ${caseName(others[0])}; put it into a folder named after its domain, ` +
        `as ${found.domain}/${basename(path)}, or after domain and split`,
    );
  };
  const masks = new Map<Case, string>();
  return listInputs([folder]).images.map((image) => {
    const one = caseOf(image);
    const other = masks.get(one);
    if (other !== undefined)
      throw new DataError(`${other} and ${image.path} are both masks of ${caseName(one)}; keep one of them`);
    masks.set(one, image.path);
    return { path: image.path, case: one };
  });
}
