/**
 * Decoded cases kept ready: in memory up to a bound (least recently used go first), and on disk under a hash of the
 * files' contents and the decode settings, so that a changed file or setting is never answered with old arrays.
 */
import { stat } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { DataError } from "../core/errors.js";
import {
  type CaseContents,
  contentsOf,
  contentsOfFiles,
  entryKey,
  readEntry,
  settingsHash,
  writeEntry,
} from "./cache-entry.js";
import { channelFilesOf, maskFilesOf } from "./case-files.js";
import type { Case, Dataset } from "./dataset.js";
import { type CaseSource, type DecodedCase, decodeCaseBytes, readCaseBytes } from "./decode.js";
import { fileOf } from "./inside-file.js";
import { mapLimited } from "./limited.js";
import type { WorkingSize } from "./prepare-image.js";
import { imageFiles } from "./read-image.js";
import { decodeVolume, hasSlices } from "./volumes/decode-volume.js";

/** Decoding is libvips' threads plus our own arithmetic; more at a time only costs memory. */
const decodedAtOnce = 4;

export interface CacheOptions {
  /** The data set's own frame unless given. */
  readonly size?: WorkingSize;
  /** Folder of the disk cache, or false for none; {@link cacheFolder} unless given. */
  readonly folder?: string | false;
  /** Bound of the arrays in memory; 1 GiB unless given, of volumes a quarter of the machine's memory if that is more. */
  readonly memoryBytes?: number;
  /** Told once, in a sentence, when the disk cache cannot be written; decoding goes on without it. */
  readonly onWarning?: (message: string) => void;
}

/** The disk cache of a data set: `DIMSEG_CACHE` if it is set, else `.cache/dimseg` beside the `dataset.yaml`. */
export function cacheFolder(dataset: Dataset): string {
  const chosen = process.env.DIMSEG_CACHE;
  return chosen ? resolve(chosen) : join(dirname(dataset.path), ".cache", "dimseg");
}

/** A batch draws its slices from volumes all over the set: one that is not kept costs its whole entry for each slice. */
function usualMemory({ slices }: Dataset): number {
  return slices ? Math.max(2 ** 30, totalmem() / 4) : 2 ** 30;
}

function bytesOf(decoded: DecodedCase): number {
  return decoded.image.byteLength + (decoded.label?.length ?? 0);
}

/**
 * What of a case's files changes whenever their contents do; undefined when one is not there. A change time, unlike a
 * modification time, cannot be set back.
 */
async function stampOf(one: Case, { slices }: Dataset): Promise<string | undefined> {
  try {
    const named = [...channelFilesOf(one), ...maskFilesOf(one).map(({ path }) => path)];
    const files = slices ? (await Promise.all(named.map(imageFiles))).flat() : named.map(fileOf);
    const facts = await Promise.all(files.map((file) => stat(file, { bigint: true })));
    return facts.map(({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join()).join(";");
  } catch {
    return undefined;
  }
}

/** A case's entry on disk, and of which state of its files. */
interface KnownEntry {
  readonly stamp: string | undefined;
  readonly path: string;
}

/** Hands out decoded cases. The arrays are shared: treat them as read-only. */
export class DecodedCache implements CaseSource {
  private readonly size: WorkingSize;
  /** Hashes of the settings, by domain. */
  private readonly settings = new Map<string, string>();
  private readonly memoryBytes: number;
  private folder: string | undefined;
  /** Least recently used first: a Map keeps the order of insertion. */
  private readonly kept = new Map<Case, DecodedCase>();
  private readonly underWay = new Map<Case, Promise<DecodedCase>>();
  /** Hashes of the files as they were when a case was decoded last. */
  private readonly contents = new Map<Case, CaseContents>();
  /** What is asked of images that were decoded and need not be in memory any more. */
  private readonly facts = new Map<Case, Pick<DecodedCase, "wide" | "working">>();
  /** Entries of cases whose contents were hashed, so that leaving the memory does not mean hashing them again. */
  private readonly known = new Map<Case, KnownEntry>();
  private bytesKept = 0;

  constructor(
    private readonly dataset: Dataset,
    private readonly options: CacheOptions = {},
  ) {
    this.size = options.size ?? dataset.size;
    this.memoryBytes = options.memoryBytes ?? usualMemory(dataset);
    this.folder = options.folder === false ? undefined : (options.folder ?? cacheFolder(dataset));
  }

  /** Bytes of the arrays held in memory now. */
  get bytesInMemory(): number {
    return this.bytesKept;
  }

  /**
   * The decoded case, from memory, from the disk cache, or decoded now.
   * @throws DataError as decodeCase does
   */
  async get(one: Case): Promise<DecodedCase> {
    const found = this.kept.get(one);
    if (found) {
      this.kept.delete(one);
      this.kept.set(one, found);
      return found;
    }
    const running = this.underWay.get(one) ?? this.load(one).finally(() => this.underWay.delete(one));
    this.underWay.set(one, running);
    return running;
  }

  /**
   * Makes all cases ready, a few at a time.
   * @param onProgress called with the number of cases done after each
   * @throws DataError for the first case that cannot be decoded
   */
  async prepare(cases: readonly Case[], onProgress?: (done: number) => void): Promise<void> {
    let done = 0;
    await mapLimited(cases, decodedAtOnce, async (one) => {
      await this.get(one);
      onProgress?.(++done);
    });
  }

  /**
   * The hashes of a case's files as they were when it was decoded last; decodes it where that is still to be done.
   * @throws DataError as decodeCase does
   */
  async contentsOf(one: Case): Promise<CaseContents> {
    if (!this.contents.has(one)) await this.get(one);
    return this.contents.get(one) as CaseContents;
  }

  /**
   * Whether a case's image has more than 8 bits a sample; decodes it where that is still to be done.
   * @throws DataError as decodeCase does
   */
  async isWide(one: Case): Promise<boolean> {
    return (this.facts.get(one) ?? (await this.get(one))).wide;
  }

  /**
   * The shape of a case's working grid; decodes it where that is still to be done.
   * @throws DataError as decodeCase does
   */
  async shapeOf(one: Case): Promise<readonly number[]> {
    return (this.facts.get(one) ?? (await this.get(one))).working.shape;
  }

  /**
   * The number of slices of a volume; decodes it where that is still to be done.
   * @throws DataError as decodeCase does
   */
  async sliceCount(one: Case): Promise<number> {
    return (await this.shapeOf(one))[0];
  }

  private async load(one: Case): Promise<DecodedCase> {
    // Taken before reading: files that change meanwhile no longer have this stamp next time.
    const stamp = await stampOf(one, this.dataset);
    const known = this.known.get(one);
    const again = known && stamp !== undefined && known.stamp === stamp ? readEntry(known.path, one) : undefined;
    const decoded = again ?? (await this.loadByContent(one, stamp));
    this.facts.set(one, { wide: decoded.wide, working: decoded.working });
    this.keep(one, decoded);
    return decoded;
  }

  private async loadByContent(one: Case, stamp: string | undefined): Promise<DecodedCase> {
    const { contents, decode } = await this.open(one, stamp);
    this.contents.set(one, contents);
    const key = entryKey(this.settingsOf(one.domain), contents, one);
    const path = this.folder && join(this.folder, key.slice(0, 2), `${key}.safetensors`);
    const found = path ? readEntry(path, one) : undefined;
    const decoded = found ?? (await decode());
    if (path) this.known.set(one, { stamp, path });
    if (path && !found) this.store(path, decoded);
    return decoded;
  }

  /** A case's files as they are now: a picture's are held, a volume's are hashed and read again. */
  private async open(
    one: Case,
    stamp: string | undefined,
  ): Promise<{ contents: CaseContents; decode(): Promise<DecodedCase> }> {
    const { dataset, size } = this;
    if (!hasSlices(dataset)) {
      const bytes = await readCaseBytes(one);
      return { contents: contentsOf(one, bytes), decode: () => decodeCaseBytes(dataset, one, size, bytes) };
    }
    const contents = await contentsOfFiles(one);
    const decode = async () => {
      const decoded = await decodeVolume(dataset, one, size);
      if ((await stampOf(one, dataset)) === stamp) return decoded;
      throw new DataError(`${one.imagePath}: the volume or its mask was changed while it was read; try again`);
    };
    return { contents, decode };
  }

  private settingsOf(domain: string): string {
    const settings = this.settings.get(domain) ?? settingsHash(this.dataset, this.size, domain);
    this.settings.set(domain, settings);
    return settings;
  }

  private store(path: string, decoded: DecodedCase): void {
    try {
      writeEntry(path, decoded);
    } catch (error) {
      if (this.folder === undefined) return;
      this.folder = undefined;
      this.options.onWarning?.(`${(error as Error).message}; going on without the disk cache`);
    }
  }

  private keep(one: Case, decoded: DecodedCase): void {
    if (bytesOf(decoded) > this.memoryBytes) return;
    this.kept.set(one, decoded);
    this.bytesKept += bytesOf(decoded);
    for (const [oldest, arrays] of this.kept) {
      if (this.bytesKept <= this.memoryBytes) break;
      this.kept.delete(oldest);
      this.bytesKept -= bytesOf(arrays);
    }
  }
}
