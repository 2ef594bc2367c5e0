/**
 * Masks that `dimseg data add-masks` added to a data set. They lie in a folder of their own beside the `dataset.yaml`, with a
 * list that says of which case each is, and who added it and when; the masks that the data set had stay where they are.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { DataError } from "../../core/errors.js";
import { readFailureReason } from "../../core/files/read-file.js";
import { validate } from "../../core/formats/validated-yaml.js";
import type { Case } from "../case-files.js";
import type { DatasetFile, LabelRule } from "../schema.js";

const entrySchema = z.strictObject({
  domain: z.string().min(1),
  split: z.enum(["train", "test"]),
  id: z.string().min(1),
  /** Relative to the list. */
  mask: z.string().min(1),
  /** What its values mean: what the data set's own masks do, or what those of `dimseg predict` do. */
  values: z.enum(["dataset", "predicted"]),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Who added it, and when, ISO 8601 in UTC. */
  by: z.string(),
  at: z.string(),
  /** The file that was added. */
  from: z.string(),
  /** The run whose prediction was corrected, where that is known. */
  run: z.strictObject({ folder: z.string(), step: z.int() }).optional(),
  /** The mask that the case had, which stays where it is. */
  replaces: z.string().optional(),
});

const listSchema = z.strictObject({ version: z.literal(1), masks: z.array(entrySchema) });

/** One added mask. */
export type AddedMask = z.output<typeof entrySchema>;

type Place = Pick<AddedMask, "domain" | "split" | "id">;

/** The same for a case and its entry, and for no others. */
export function placeKey({ domain, split, id }: Place): string {
  return JSON.stringify([domain, split, id]);
}

/** The entries of a list; none where there is no such file. @throws DataError, UsageError when it is damaged */
export function readAddedMasks(path: string): AddedMask[] {
  if (!existsSync(path)) return [];
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? "it is no JSON" : readFailureReason(cause);
    throw new DataError(`cannot read ${path}: ${reason}; restore it, or remove addedMasks from the dataset.yaml`, {
      cause,
    });
  }
  return validate(listSchema, content, () => path).masks;
}

/** The list as a file. */
export function formatAddedMasks(masks: readonly AddedMask[]): string {
  return `${JSON.stringify({ version: 1, masks }, null, 2)}\n`;
}

interface ClassRules extends Pick<DatasetFile, "target"> {
  readonly classes: readonly { readonly index: number; readonly name: string }[];
}

/** The rule of masks as `dimseg predict` writes them: class numbers, of overlapping classes from 1 on. */
export function predictedLabels({ target, classes }: ClassRules): LabelRule {
  const first = target === "sigmoid" ? 1 : 0;
  const named = classes.map(({ index, name }) => [String(index + first), name] as const);
  return {
    kind: "values",
    map: Object.fromEntries([...(first === 1 ? [["0", "background"] as const] : []), ...named]),
  };
}

/** A case with another mask in place of those it has. @param labels how it is read, where not as its domain's masks are */
export function withMask(one: Case, maskPath: string, labels?: LabelRule): Case {
  const { maskFiles: _, otherReaders: __, readers: ___, ...rest } = one;
  return { ...rest, maskPath, added: labels ? { labels } : {} };
}

/** The added masks of a data set, to be put over its cases. */
export interface AddedMasks {
  /** The cases with the added masks. */
  over(cases: readonly Case[]): Case[];
  /** @throws DataError when an entry is of no case that was seen */
  requireAllUsed(): void;
}

/**
 * Opens a list for a data set.
 * @throws DataError when it is not there or damaged, or a mask that it names is not there
 */
export function openAddedMasks(path: string, file: ClassRules): AddedMasks {
  if (!existsSync(path))
    throw new DataError(`${path}: the list of added masks is not there; restore it, or remove addedMasks`);
  const open = new Map(readAddedMasks(path).map((entry) => [placeKey(entry), entry]));
  const labels = predictedLabels(file);
  const over = (one: Case): Case => {
    const key = placeKey(one);
    const entry = open.get(key);
    if (!entry) return one;
    open.delete(key);
    const mask = resolve(dirname(path), entry.mask);
    if (!existsSync(mask))
      throw new DataError(`${path}: the mask ${mask} is not there; put it back, or remove its entry`);
    return withMask(one, mask, entry.values === "predicted" ? labels : undefined);
  };
  return {
    over: (cases) => cases.map(over),
    requireAllUsed() {
      const [left] = open.values();
      if (left === undefined) return;
      throw new DataError(
        `${path}: has a mask of ${left.domain}/${left.split}/${left.id}, which is no case of the data set; remove that entry, ` +
          "or put its image back",
      );
    },
  };
}
