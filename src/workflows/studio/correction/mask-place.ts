/** Where a case's mask is written: over its own files, or where the data set would look for one. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { isMap, parseDocument } from "yaml";
import { DataError } from "../../../core/errors.js";
import { maskPatterns } from "../../../data/case-files.js";
import { type Case, type Dataset, labelsOf, type MaskFile } from "../../../data/dataset.js";
import { insideOf } from "../../../data/inside-file.js";
import { correctionsName } from "../../../data/masks/corrections-name.js";
import type { SplitSource } from "../../../data/schema.js";

function withId(pattern: string, id: string): string {
  return pattern.replaceAll("{id}", id);
}

/** Files of a pattern that each case has one of. @throws DataError for patterns whose files cannot be told */
function filesByPattern(source: SplitSource, { id }: Case, dataset: Dataset): MaskFile[] {
  return maskPatterns(source).map(({ pattern, className }) => {
    if (/\*/.test(pattern) && !/\{id\}\.\*$/.test(pattern))
      throw new DataError(
        `${dataset.path}: masks: ${pattern} does not say what the file of a new mask is called; give a pattern without *`,
      );
    const ending = dataset.slices ? "nii.gz" : "png";
    const path = resolve(dataset.root, withId(pattern, id).replace(/\.\*$/, `.${ending}`));
    return { path, ...(className === undefined ? {} : { className }) };
  });
}

/** A pattern of masks beside those of images: `images` becomes `masks`, and other folders have one beside them. */
export function patternBeside(images: string, isVolume: boolean, isTaken: (folder: string) => boolean): string {
  const parts = images.split("/");
  const name = parts.pop() as string;
  const file = `${name.slice(0, name.lastIndexOf("{id}"))}{id}.${isVolume ? "nii.gz" : "png"}`;
  const at = parts.lastIndexOf("images");
  const folders = ["masks", "masks-dimseg"].map((other) => {
    const beside = at >= 0 ? parts.map((part, i) => (i === at ? other : part)) : [...parts, other];
    return beside.join("/");
  });
  const free = folders.find((folder) => !isTaken(folder)) ?? `${folders[1]}-2`;
  return `${free}/${file}`;
}

/** The data set's file that says where the masks of a split that has none lie; comments and all else stay as they are. */
function withMaskPattern(dataset: Dataset, { domainIndex, split }: Case, source: SplitSource) {
  const isTaken = (folder: string) => {
    const path = resolve(dataset.root, folder);
    return existsSync(path) && readdirSync(path).length > 0;
  };
  const pattern = patternBeside(source.images as string, dataset.slices !== undefined, isTaken);
  const document = parseDocument(readFileSync(dataset.path, "utf8"));
  const place = document.getIn(["domains", domainIndex, split]);
  if (document.errors.length > 0 || !isMap(place))
    throw new DataError(`${dataset.path}: cannot be changed here; add masks: ${pattern} to the domain's ${split}`);
  place.set("masks", pattern);
  return { pattern, text: document.toString({ lineWidth: 0 }) };
}

/** Where a mask goes. */
export interface MaskPlace {
  /** One file for all classes, or one for each. */
  readonly files: readonly MaskFile[];
  /** What the data set's file is to say then; missing where it says already where they lie. */
  readonly dataset?: string;
}

/**
 * The files that a case's mask lies in, or will. Nothing is written.
 * @throws DataError for masks that cannot be written: of several readers, joined from several files, inside HDF5, or where
 *   the data set's file does not say where they go
 */
export function maskPlaceOf(dataset: Dataset, one: Case): MaskPlace {
  const where = `${one.domain}/${one.split}/${one.id}`;
  if (one.otherReaders) throw new DataError(`${where}: masks of several readers are not corrected here`);
  const own = one.maskFiles ?? (one.maskPath === undefined ? [] : [{ path: one.maskPath }]);
  if (own.some(({ path }) => insideOf(path) !== undefined))
    throw new DataError(
      `${where}: a mask inside of an HDF5 file is not corrected here; write masks to files of their own`,
    );
  if (own.length > 1 && own.some(({ className }) => className === undefined))
    throw new DataError(`${where}: a mask that is joined from several files is not corrected here; join them into one`);
  const byClass = labelsOf(dataset, one.domain).kind === "files";
  if (own.length > 0 && !byClass) return { files: own };
  const source = dataset.domains[one.domainIndex].sources[one.split] as SplitSource;
  if (source.cases) {
    if (own.length > 0) return { files: own };
    throw new DataError(`${dataset.path}: gives the cases one by one; add a mask to ${where} there, then draw it here`);
  }
  const planned = filesByPattern(source, one, dataset);
  if (planned.length > 0) return { files: planned };
  if (byClass)
    throw new DataError(`${dataset.path}: does not say where masks of ${one.domain} go; add masksByClass to it`);
  const { pattern, text } = withMaskPattern(dataset, one, source);
  return { files: [{ path: resolve(dataset.root, withId(pattern, one.id)) }], dataset: text };
}

/** A path as messages and records have it. */
export function fromRoot(dataset: Dataset, path: string): string {
  return relative(dataset.root, path);
}

/** What the studio keeps of a data set's corrections, beside its file. */
export function correctionsFolder(dataset: Dataset): string {
  return join(dirname(dataset.path), correctionsName);
}
