/** What lies in a folder: its images, lists and manifests by their relative paths. Nothing is opened. */
import { type Dirent, existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../../../core/errors.js";
import { linkTarget } from "../../../core/files/link-target.js";
import { readFailureReason } from "../../../core/files/read-file.js";
import { compareBytes, isImageName, mayBeDicom } from "../../file-patterns.js";
import { correctionsName } from "../../masks/corrections-name.js";
import { isSystemFile, isSystemFolder, isSystemPreview, type SystemPictures } from "../../system-names.js";

/** Files of one extension that is not read. */
export interface OtherFiles {
  readonly count: number;
  /** The first one's path. */
  readonly first: string;
}

/** Links whose target is not there. */
export interface DanglingLinks {
  readonly count: number;
  readonly first: string;
  /** Where the first one points. */
  readonly target: string;
}

/** A folder's content; paths are relative with forward slashes, in byte order. */
export interface FolderContent {
  readonly images: readonly string[];
  /** Those of `images` that are label maps by their values, where no name says which are masks. */
  readonly labelMaps?: ReadonlySet<string>;
  /** Those of `images` that are pictures in a format of volumes: X-rays in DICOM. */
  readonly pictures?: ReadonlySet<string>;
  /** Lists of cases such as `train.txt` and `train.list`, and `manifest.json` or `dataset.json` files. */
  readonly helpers: ReadonlySet<string>;
  /** Of the other files those whose names do not say what they are, as most of DICOM's. */
  readonly unnamed: readonly string[];
  /** Other files by their extension. */
  readonly others: ReadonlyMap<string, OtherFiles>;
  readonly system: SystemPictures;
  readonly dangling: DanglingLinks;
}

const helperName = /^(?:train\.txt|val\.txt|test\.txt|[\w-]+\.list|manifest\.json|dataset\.json)$/;

/** Folders of a larger tree are no data set; the bound also ends a walk that was started at `/` by mistake. */
const maxFiles = 500_000;

/** The last extension, with the one before it where the last says how the file is packed: `nii.gz`. */
function extensionOf(name: string): string {
  return /\.((?:[a-z]{1,5}\.)?gz|[^.]*)$/i.exec(name)?.[1].toLowerCase() ?? "";
}

/** Values of an image whose header lies beside them under the same name: `a.img` with `a.hdr`, `a.zraw` with `a.mhd`. */
function isDataFile(path: string): boolean {
  const [, stem] = /^(.*)\.(?:img|raw|zraw)(?:\.gz)?$/i.exec(path) ?? [];
  return stem !== undefined && ["hdr", "hdr.gz", "mhd", "nhdr"].some((ending) => existsSync(`${stem}.${ending}`));
}

function isRunFolder(names: readonly string[]): boolean {
  return ["config.yaml", "checkpoints", "split.json"].every((name) => names.includes(name));
}

/** What an entry is, also through a link; null for a link that leads nowhere. */
function kindOf(entry: Dirent, path: string): "folder" | "file" | "none" | null {
  if (entry.isDirectory()) return "folder";
  if (entry.isFile()) return "file";
  if (!entry.isSymbolicLink()) return "none";
  const facts = statSync(path, { throwIfNoEntry: false });
  if (!facts) return null;
  return facts.isDirectory() ? "folder" : facts.isFile() ? "file" : "none";
}

/** A system's own folder, such as lost+found, may be closed to us. */
function entriesOf(folder: string, isSystem: boolean): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    if (isSystem) return [];
    throw cause;
  }
}

/** Walks a folder; one object a walk. */
class Walk {
  readonly images: string[] = [];
  readonly helpers = new Set<string>();
  readonly unnamed: string[] = [];
  readonly others = new Map<string, OtherFiles>();
  system: SystemPictures = { count: 0, first: "" };
  dangling: DanglingLinks = { count: 0, first: "", target: "" };
  private readonly visited = new Set<string>();
  private files = 0;

  constructor(private readonly root: string) {}

  /** @param isSystem whether this is a system's own folder, whose pictures are counted and not listed */
  visit(relative: string, isSystem: boolean): void {
    const folder = join(this.root, relative);
    const real = realpathSync(folder);
    if (this.visited.has(real)) return;
    this.visited.add(real);
    const entries = entriesOf(folder, isSystem);
    if (isRunFolder(entries.map(({ name }) => name))) return;
    for (const entry of entries.sort((a, b) => compareBytes(a.name, b.name))) {
      const { name } = entry;
      const path = relative === "" ? name : `${relative}/${name}`;
      const kind = kindOf(entry, join(this.root, path));
      if (kind === "folder") this.visitInner(path, name, isSystem);
      else if (kind === null && !isSystem) this.addDangling(path);
      else if (kind === "file") this.addFile(path, name, isSystem);
    }
  }

  private visitInner(path: string, name: string, isSystem: boolean): void {
    if (name !== correctionsName) this.visit(path, isSystem || isSystemFolder(name));
  }

  private addFile(path: string, name: string, isSystem: boolean): void {
    if (!isSystem && ++this.files > maxFiles)
      throw new DataError(`${this.root}: holds more than ${maxFiles} files; choose a smaller folder`);
    if (isSystem || isSystemFile(name)) this.addSystem(path, name);
    else if (isImageName(name)) this.images.push(path);
    else if (helperName.test(name)) this.helpers.add(path);
    else if (!isDataFile(join(this.root, path))) {
      if (mayBeDicom(name)) this.unnamed.push(path);
      const extension = extensionOf(name);
      const { count, first } = this.others.get(extension) ?? { count: 0, first: path };
      this.others.set(extension, { count: count + 1, first });
    }
  }

  /** Of a system's files those count that look like pictures; indexes and settings are nobody's concern. */
  private addSystem(path: string, name: string): void {
    if (!isImageName(name.replace(/^\.+/, "")) && !isSystemPreview(name)) return;
    this.system = { count: this.system.count + 1, first: this.system.first || path };
  }

  private addDangling(path: string): void {
    const { count, first, target } = this.dangling;
    const own = count > 0 ? { first, target } : { first: path, target: linkTarget(join(this.root, path)) ?? "" };
    this.dangling = { count: count + 1, ...own };
  }
}

/**
 * Lists a folder and all below it. Links are followed once; what systems and servers keep in folders is counted and left
 * out, and run folders are passed over, whose pictures are no data.
 * @throws DataError when it is missing, no folder, unreadable, or holds more than 500,000 files
 */
export function scanFolder(root: string): FolderContent {
  const walk = new Walk(root);
  try {
    walk.visit("", false);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError(`cannot read the folder ${root}: ${readFailureReason(cause)}`, { cause });
  }
  const { images, helpers, unnamed, others, system, dangling } = walk;
  return { images, helpers, unnamed, others, system, dangling };
}
