/**
 * Decoded cases kept ready: in memory up to a bound (least recently used go first), and on disk under a hash of the
 * files' contents and the decode settings, so that a changed file or setting is never answered with old arrays.
 */
import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type CaseContents, contentsOf, entryKey, readEntry, settingsHash, writeEntry } from "./cache-entry.js";
import { maskFilesOf } from "./case-files.js";
import type { Case, Dataset } from "./dataset.js";
import { type CaseSource, type DecodedCase, decodeCaseBytes, readCaseBytes } from "./decode.js";
import { mapLimited } from "./limited.js";

/** Decoding is libvips' threads plus our own arithmetic; more at a time only costs memory. */
const decodedAtOnce = 4;

export interface CacheOptions {
  /** Side of the square, in pixels; the data set's own unless given. */
  readonly size?: number;
  /** Folder of the disk cache, or false for none; {@link cacheFolder} unless given. */
  readonly folder?: string | false;
  /** Bound of the arrays in memory; 1 GiB unless given. */
  readonly memoryBytes?: number;
  /** Told once, in a sentence, when the disk cache cannot be written; decoding goes on without it. */
  readonly onWarning?: (message: string) => void;
}

/** The disk cache of a data set: `DIMSEG_CACHE` if it is set, else `.cache/dimseg` beside the `dataset.yaml`. */
export function cacheFolder(dataset: Dataset): string {
  const chosen = process.env.DIMSEG_CACHE;
  return chosen ? resolve(chosen) : join(dirname(dataset.path), ".cache", "dimseg");
}

function bytesOf(decoded: DecodedCase): number {
  return decoded.image.length + (decoded.label?.length ?? 0);
}

/**
 * What of a case's files changes whenever their contents do; undefined when one is not there. A change time, unlike a
 * modification time, cannot be set back.
 */
async function stampOf(one: Case): Promise<string | undefined> {
  try {
    const files = [one.imagePath, ...maskFilesOf(one).map(({ path }) => path)];
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
  private readonly size: number;
  /** Hashes of the settings, by domain. */
  private readonly settings = new Map<string, string>();
  private readonly memoryBytes: number;
  private folder: string | undefined;
  /** Least recently used first: a Map keeps the order of insertion. */
  private readonly kept = new Map<Case, DecodedCase>();
  private readonly underWay = new Map<Case, Promise<DecodedCase>>();
  /** Hashes of the files as they were when a case was decoded last. */
  private readonly contents = new Map<Case, CaseContents>();
  /** Whether the images that were decoded have more than 8 bits. */
  private readonly wide = new Map<Case, boolean>();
  /** Entries of cases whose contents were hashed, so that leaving the memory does not mean hashing them again. */
  private readonly known = new Map<Case, KnownEntry>();
  private bytesKept = 0;

  constructor(
    private readonly dataset: Dataset,
    private readonly options: CacheOptions = {},
  ) {
    this.size = options.size ?? dataset.size;
    this.memoryBytes = options.memoryBytes ?? 2 ** 30;
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
    return this.wide.get(one) ?? (await this.get(one)).wide;
  }

  private async load(one: Case): Promise<DecodedCase> {
    // Taken before reading: files that change meanwhile no longer have this stamp next time.
    const stamp = await stampOf(one);
    const known = this.known.get(one);
    const again = known && stamp !== undefined && known.stamp === stamp ? readEntry(known.path, one) : undefined;
    const decoded = again ?? (await this.loadByContent(one, stamp));
    this.wide.set(one, decoded.wide);
    this.keep(one, decoded);
    return decoded;
  }

  private async loadByContent(one: Case, stamp: string | undefined): Promise<DecodedCase> {
    const bytes = await readCaseBytes(one);
    const contents = contentsOf(one, bytes);
    this.contents.set(one, contents);
    const key = entryKey(this.settingsOf(one.domain), contents, maskFilesOf(one));
    const path = this.folder && join(this.folder, key.slice(0, 2), `${key}.safetensors`);
    const found = path ? readEntry(path, one) : undefined;
    const decoded = found ?? (await decodeCaseBytes(this.dataset, one, this.size, bytes));
    if (path) this.known.set(one, { stamp, path });
    if (path && !found) this.store(path, decoded);
    return decoded;
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
