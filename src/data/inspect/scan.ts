/** What lies in a folder: its images, lists and manifests by their relative paths. Nothing is opened. */
import { readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../../core/errors.js";
import { readFailureReason } from "../../core/read-file.js";
import { compareBytes, isImageName } from "../file-patterns.js";

/** A folder's content; paths are relative with forward slashes, in byte order. */
export interface FolderContent {
  readonly images: readonly string[];
  /** `train.txt`, `test.txt`, `manifest.json` and `dataset.json` files. */
  readonly helpers: ReadonlySet<string>;
  /** How many other files there are of each extension. */
  readonly others: ReadonlyMap<string, number>;
}

const helperName = /^(?:train\.txt|test\.txt|(?:manifest|dataset)\.json)$/;

/** Folders of a larger tree are no data set; the bound also ends a walk that was started at `/` by mistake. */
const maxFiles = 500_000;

/** Everything after the first dot but for digits-only parts: `nii.gz` stays together. */
function extensionOf(name: string): string {
  return /\.nii\.gz$/i.test(name) ? "nii.gz" : name.slice(name.lastIndexOf(".") + 1).toLowerCase();
}

function isRunFolder(names: readonly string[]): boolean {
  return ["config.yaml", "checkpoints", "split.json"].every((name) => names.includes(name));
}

/**
 * Lists a folder and all below it. Links are followed once; hidden files and folders are left out, and run folders,
 * whose pictures are no data.
 * @throws DataError when it is missing, no folder, unreadable, or holds more than 500,000 files
 */
export function scanFolder(root: string): FolderContent {
  const images: string[] = [];
  const helpers = new Set<string>();
  const others = new Map<string, number>();
  const visited = new Set<string>();
  let files = 0;
  const visit = (relative: string) => {
    const folder = join(root, relative);
    const real = realpathSync(folder);
    if (visited.has(real)) return;
    visited.add(real);
    const names = readdirSync(folder);
    if (isRunFolder(names)) return;
    for (const name of names.sort(compareBytes)) {
      if (name.startsWith(".")) continue;
      const path = relative === "" ? name : `${relative}/${name}`;
      const facts = statSync(join(root, path), { throwIfNoEntry: false });
      if (facts?.isDirectory()) visit(path);
      if (!facts?.isFile()) continue;
      if (++files > maxFiles)
        throw new DataError(`${root}: holds more than ${maxFiles} files; choose a smaller folder`);
      if (isImageName(name)) images.push(path);
      else if (helperName.test(name)) helpers.add(path);
      else others.set(extensionOf(name), (others.get(extensionOf(name)) ?? 0) + 1);
    }
  };
  try {
    visit("");
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError(`cannot read the folder ${root}: ${readFailureReason(cause)}`, { cause });
  }
  return { images, helpers, others };
}
