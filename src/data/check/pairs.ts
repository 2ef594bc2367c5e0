/** Images and masks that do not find each other by their names. */
import { basename } from "node:path";
import type { Split } from "../case-files.js";
import { listImages, listMasks, maskFinder, maskPatterns } from "../case-files.js";
import type { Dataset, Domain } from "../dataset.js";
import type { SplitSource } from "../schema.js";
import { error, type Problem, warning } from "./problems.js";

function fileList(paths: readonly string[]): string {
  const shown = paths
    .slice(0, 3)
    .map((path) => basename(path))
    .join(", ");
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}

function sameMasks(a: SplitSource, b: SplitSource): boolean {
  return JSON.stringify(maskPatterns(a)) === JSON.stringify(maskPatterns(b));
}

/** Splits whose files lie in the same folders, as lists of ids allow, are looked at together. */
function splitsByFolder({ sources: { train, test } }: Domain): Split[][] {
  const together = train && test && train.images === test.images && sameMasks(train, test);
  return together ? [["train", "test"]] : [["train"], ["test"]];
}

function lonelyFiles(dataset: Dataset, domain: Domain, splits: readonly Split[]): Problem[] {
  const source = domain.sources[splits[0]];
  if (source?.images === undefined || maskPatterns(source).length === 0) return [];
  const where = `domain ${domain.name}, ${splits.join(" and ")}`;
  const cases = splits.flatMap((split) => domain.cases(split));
  const images = listImages(source, dataset.root, where);
  const masks = listMasks(source, dataset.root, where, images);
  const imageFor = maskFinder(images, masks);
  const masksText = maskPatterns(source)
    .map(({ pattern }) => pattern)
    .join(", ");
  const maskless = cases.filter((one) => one.maskPath === undefined);
  const orphans = [...masks].filter(([id]) => imageFor(id) === undefined).map(([, [{ path }]]) => path);
  const problems: Problem[] = [];
  if (maskless.length > 0 && orphans.length > 0)
    problems.push(
      error(
        `${where}: ${fileList(maskless.map((one) => one.imagePath))} in ${source.images} has no mask, while ` +
          `${fileList(orphans)} in ${masksText} has no image: they are not a pair; rename or remove them`,
      ),
    );
  else if (orphans.length > 0)
    problems.push(warning(`${where}: ${fileList(orphans)} in ${masksText} has no image; add it or remove the mask`));
  else if (maskless.length > 0 && maskless.length === cases.length)
    problems.push(error(`${where}: no image has a mask in ${masksText}; correct masks or leave it out`));
  return problems;
}

/** What the names tell: masks without image, images and masks that miss each other, test cases without mask. */
export function namePairs(dataset: Dataset): Problem[] {
  return dataset.domains.flatMap((domain) => {
    const unjudged = domain.cases("test").filter((one) => one.maskPath === undefined).length;
    return [
      ...splitsByFolder(domain).flatMap((splits) => lonelyFiles(dataset, domain, splits)),
      ...(unjudged > 0
        ? [
            warning(
              `domain ${domain.name}, test: ${unjudged} of ${domain.cases("test").length} cases have no mask to be judged by`,
            ),
          ]
        : []),
    ];
  });
}
