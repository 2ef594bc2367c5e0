/** Adding masks that somebody drew to a data set: matched to its images by name, checked, copied and written down. */
import { userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../../core/errors.js";
import { writeFileAtomic, writeFilesAtomic } from "../../core/files/atomic-file.js";
import { groupBy } from "../../core/group-by.js";
import { sha256 } from "../../core/sha256.js";
import { caseName, loadDataset } from "../../data/dataset.js";
import { endingOf } from "../../data/file-patterns.js";
import { readBytes } from "../../data/images/read-image.js";
import { type AddedMask, formatAddedMasks, placeKey, readAddedMasks } from "../../data/masks/added-masks.js";
import { CheckpointStore } from "../../runs/checkpoints/checkpoint-store.js";
import { openRunFolder } from "../../runs/run-folder.js";
import { checkMasks, type MaskValues } from "../addition/check-masks.js";
import { addedMasksList, withAddedMasks } from "../addition/dataset-key.js";
import { type DrawnMask, matchMasks } from "../addition/match.js";
import type { Workflow } from "../observer.js";
import { predictionsRecord } from "../written-record.js";

/** Which masks are to be added, and what is known of them. */
export interface AddMasksInput {
  readonly dataset: string;
  /** Folder of the masks. */
  readonly masks: string;
  readonly values: MaskValues;
  /** Whether a mask that an image has is replaced; its file stays where it is. */
  readonly replace: boolean;
  /** Who drew them; default: who runs the program. */
  readonly by?: string | undefined;
  /** The run whose predictions were corrected. */
  readonly run?: string | undefined;
}

/** What was added. */
export interface AddedToDataset {
  /** Absolute path of the `dataset.yaml`. */
  readonly dataset: string;
  /** Path of the list. */
  readonly list: string;
  /** Masks by domain, in the data set's order. */
  readonly domains: readonly { readonly domain: string; readonly masks: number }[];
  /** Masks that were added before and are the same. */
  readonly known: number;
  /** Masks that stand before one that their image had. */
  readonly replaced: number;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // Of a user without an entry in the system's list.
    return "unknown";
  }
}

/** @throws UsageError when the folder is no run */
function runRecord(path: string): NonNullable<AddedMask["run"]> {
  const { path: folder, checkpoints } = openRunFolder(path);
  const step = new CheckpointStore(checkpoints, { keep: 1, warn: () => {} }).steps()[0];
  if (step === undefined) throw new UsageError(`--from-run ${path}: has no checkpoint; give the run that predicted`);
  return { folder, step };
}

/** Letters that every file system takes, and not so many that a name is too long. */
function fileName(id: string): string {
  return id.replaceAll(/[^\p{L}\p{N}._ -]/gu, "_").slice(-60);
}

/** Tells of masks that are, byte for byte, what `dimseg predict` wrote: a network learns nothing from its own word. */
function warnOfUncorrected(folder: string, masks: readonly DrawnMask[], warn: (message: string) => void): void {
  const records = [folder, dirname(resolve(folder))].map(predictionsRecord);
  const same = masks.filter(({ path }) => records.some((record) => record.holds(resolve(path))));
  if (same.length > 0)
    warn(
      `${same[0].path}: is as \`dimseg predict\` wrote it, as are ${same.length} of ${masks.length} masks; correct them first`,
    );
}

/** A mask with what is written down of it, and where it is copied to. */
interface Addition {
  readonly entry: AddedMask;
  readonly to: string;
  readonly bytes: () => Promise<Uint8Array>;
}

/**
 * Copies masks into a folder beside the `dataset.yaml` and lists them there with who added them, when, and what they stand
 * for; all of them or none. Masks that the data set has are never written over.
 * @throws UsageError where an image has a mask and none is to be replaced; DataError when a mask is of no image, or does not
 *   fit it; nothing is written then. ResourceError
 */
export const addMasks: Workflow<AddMasksInput, AddedToDataset> = async (input, observer) => {
  const dataset = loadDataset(input.dataset);
  const matched = matchMasks(input.masks, dataset);
  const list = addedMasksList(dataset.path);
  const before = readAddedMasks(list);
  const hashes = new Map(before.map((entry) => [placeKey(entry), entry]));
  const shared = {
    values: input.values,
    by: input.by ?? userName(),
    at: new Date().toISOString(),
    ...(input.run === undefined ? {} : { run: runRecord(input.run) }),
  };
  const additions: Addition[] = [];
  const fresh: DrawnMask[] = [];
  for (const drawn of matched) {
    const { path, case: one } = drawn;
    const hash = sha256(await readBytes(path));
    const known = hashes.get(placeKey(one));
    if (known?.sha256 === hash && known.values === input.values) continue;
    const { domain, split, id } = one;
    const name = `${fileName(domain)}/${split}/${fileName(id)}.${hash.slice(0, 12)}${endingOf(path)}`;
    const replaces = known?.replaces ?? (known ? undefined : one.maskPath);
    const entry: AddedMask = {
      ...{ domain, split, id, mask: name, sha256: hash, from: resolve(path), ...shared },
      ...(replaces === undefined ? {} : { replaces }),
    };
    fresh.push(drawn);
    additions.push({ entry, to: join(dirname(list), name), bytes: () => readBytes(path) });
  }
  const masked = fresh.filter((drawn) => drawn.case.maskPath !== undefined);
  if (masked.length > 0 && !input.replace)
    throw new UsageError(
      `${masked[0].path}: ${caseName(masked[0].case)} has the mask ${masked[0].case.maskPath}, as ${masked.length} of ` +
        `${fresh.length} images have one; add --replace to take the new masks, and the old files stay where they are`,
    );
  warnOfUncorrected(input.masks, fresh, observer.warn);
  await checkMasks(fresh, dataset, input.values, observer);
  await write(additions, before, list, dataset.path);
  const byDomain = groupBy(fresh, (drawn) => drawn.case.domain);
  return {
    ...{ dataset: dataset.path, list, known: matched.length - fresh.length, replaced: masked.length },
    domains: dataset.domains.flatMap(({ name }) => {
      const masks = byDomain.get(name)?.length ?? 0;
      return masks > 0 ? [{ domain: name, masks }] : [];
    }),
  };
};

/** Masks first, under names that nothing else has; then the list that names them, and the data set that names the list. */
async function write(
  additions: readonly Addition[],
  before: readonly AddedMask[],
  list: string,
  dataset: string,
): Promise<void> {
  if (additions.length === 0) return;
  for (const { to, bytes, entry } of additions) {
    const read = await bytes();
    if (sha256(read) !== entry.sha256)
      throw new UsageError(`${entry.from}: was changed while it was added; try again when nothing writes it`);
    writeFileAtomic(to, read);
  }
  const now = new Set(additions.map(({ entry }) => placeKey(entry)));
  const masks = [...before.filter((entry) => !now.has(placeKey(entry))), ...additions.map(({ entry }) => entry)];
  const text = withAddedMasks(dataset, list);
  writeFilesAtomic([[list, formatAddedMasks(masks)], ...(text === undefined ? [] : [[dataset, text] as const])]);
}
