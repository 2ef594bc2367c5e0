/**
 * Trees as BIDS names them (Gorgolewski and others 2016): `sub-01/ses-1/anat/sub-01_ses-1_T1w.nii.gz`, and what was made of
 * the images in `derivatives/NAME/sub-01/ses-1/anat/`. Only names are read here.
 */
import { posix } from "node:path";
import { groupBy } from "../../../core/group-by.js";
import { compareBytes, withoutEnding } from "../../file-patterns.js";

/** One kind of file that several sessions have: a modality, or masks of one maker. */
export interface BidsKind {
  /** What the files' names say after subject and session: `T1w`, `acq-mprage_T1w`, `label-lesion_mask`. */
  readonly name: string;
  /** Folder above the subjects' folders, "" for that of the images themselves. */
  readonly tree: string;
  /** Pattern of its files. */
  readonly pattern: string;
  /** Relative paths, by the id of the session: `sub-01_ses-1`, `sub-01`. */
  readonly files: ReadonlyMap<string, string>;
}

export interface BidsTree {
  readonly modalities: readonly BidsKind[];
  /** Those that most sessions have come first, and label maps before masks of one thing. */
  readonly masks: readonly BidsKind[];
  /** Images that are no anatomy, as `func` and `dwi`. */
  readonly others: number;
}

const named =
  /^((?:.*\/)?)(sub-[A-Za-z0-9]+)\/((?:ses-[A-Za-z0-9]+\/)?)anat\/(sub-[A-Za-z0-9]+(?:_ses-[A-Za-z0-9]+)?)_([^/]+)$/;
/** The last word of a mask's name. */
const maskSuffix = /(?:^|_)(?:dseg|mask|roi)$/;

interface Part {
  readonly path: string;
  readonly id: string;
  readonly kind: { readonly name: string; readonly tree: string; readonly pattern: string };
}

function partOf(path: string): Part[] {
  const found = named.exec(path);
  if (!found) return [];
  const [, tree, subject, session, id, rest] = found;
  if (id !== [subject, session.slice(0, -1)].filter((one) => one !== "").join("_")) return [];
  const pattern = posix.join(tree, "sub-*", session === "" ? "" : "ses-*", "anat", `{id}_${rest}`);
  return [{ path, id, kind: { name: withoutEnding(rest), tree: tree.replace(/\/$/, ""), pattern } }];
}

function kindsOf(parts: readonly Part[]): BidsKind[] {
  return [...groupBy(parts, ({ kind }) => kind.pattern).values()]
    .map((own) => ({ ...own[0].kind, files: new Map(own.map(({ id, path }) => [id, path])) }))
    .sort((a, b) => b.files.size - a.files.size || compareBytes(a.name, b.name));
}

/** The tree that paths make; undefined where they are no BIDS tree. */
export function findBids(paths: readonly string[]): BidsTree | undefined {
  const parts = paths.flatMap(partOf);
  const isMask = ({ kind }: Part) => maskSuffix.test(kind.name);
  const images = parts.filter((one) => !isMask(one));
  // What was made of the images, as images in another space, is no source of its own.
  const isMade = ({ kind }: Part) => kind.tree.split("/").includes("derivatives");
  const own = images.every(isMade) ? images : images.filter((one) => !isMade(one));
  if (own.length === 0) return undefined;
  const isMap = ({ name }: BidsKind) => /(?:^|_)dseg$/.test(name);
  const isBrain = ({ name }: BidsKind) => /(?:^|_)desc-brain_/.test(name);
  const rank = (one: BidsKind) => (isMap(one) ? 0 : isBrain(one) ? 2 : 1);
  const masks = kindsOf(parts.filter(isMask)).sort((a, b) => rank(a) - rank(b));
  return { modalities: kindsOf(own), masks, others: paths.length - own.length - parts.filter(isMask).length };
}
