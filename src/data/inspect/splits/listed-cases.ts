/** Cases as `dataset.yaml` lists them one by one, with the paths of their files. */
import { seenFrom } from "../../../core/files/seen-from.js";
import { type Case, type MaskFile, maskFilesOf } from "../../case-files.js";
import { casesOf, type SplitInput } from "./split-input.js";

type ListedCases = NonNullable<SplitInput["cases"]>;

/**
 * The cases that a description stands for.
 * @param idOf a case's id in the list, by the case and the path of its image from the root
 */
export function listedCases(source: SplitInput, root: string, idOf: (one: Case, image: string) => string): ListedCases {
  const path = (file: string) => seenFrom(root, file);
  return casesOf(source, root).map((one) => {
    const image = path(one.imagePath);
    const others = (one.otherReaders ?? []).map(([first, ...rest]) =>
      first.className === undefined ? path(first.path) : byClass([first, ...rest], path),
    );
    return {
      id: idOf(one, image),
      image,
      ...(one.furtherChannels ? { furtherChannels: one.furtherChannels.map(path) } : {}),
      ...explicitMasks(maskFilesOf(one).map((file) => ({ ...file, path: path(file.path) }))),
      ...(others.length > 0 && one.maskPath !== undefined ? { otherReaders: others } : {}),
    };
  });
}

/** Files by the class that each shows. */
function byClass(files: readonly MaskFile[], path: (file: string) => string): Record<string, string> {
  return Object.fromEntries(files.map((file) => [file.className as string, path(file.path)]));
}

/** Mask files as a case says them that is given by its files. */
function explicitMasks(files: readonly MaskFile[]): Omit<ListedCases[number], "image"> {
  if (files.length === 0) return {};
  const [{ path, className }, ...rest] = files;
  if (className !== undefined) return { masksByClass: byClass(files, (file) => file) };
  return { mask: path, ...(rest.length > 0 ? { joined: rest.map((file) => file.path) } : {}) };
}
