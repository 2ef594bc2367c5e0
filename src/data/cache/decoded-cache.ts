/**
 * Prepared cases kept ready: in memory up to a bound, and on disk under a hash of the files' contents and the decode
 * settings, so that a changed file or setting is never answered with old arrays. What does not fit the memory is mapped from
 * the disk: a slice of a volume then costs reading that slice.
 */
import type { Grid } from "../../grid/grid.js";
import type { Case, Dataset } from "../dataset.js";
import type { CaseSource, DecodedCase } from "../decode.js";
import type { WorkingSize } from "../images/prepare-image.js";
import { mapLimited } from "../limited.js";
import { sliceCountOfHeader } from "../volumes/slice-count.js";
import { type CaseContents, stampOf } from "./contents.js";
import { DecodingThreads } from "./decoding-threads.js";
import { type EntryFile, isUnchanged, mapEntry, readEntry } from "./entry.js";
import { cacheFolder, EntryFolder } from "./entry-folder.js";
import { bytesOf, CaseLoader } from "./load-case.js";
import { MappedCases } from "./mapped-cases.js";
import type { LoadedInThread, ThreadRequest } from "./thread-messages.js";
import { usualMemory } from "./usual-memory.js";

/** Decoding is libvips' threads plus our own arithmetic; more at a time only costs memory. */
const decodedAtOnce = 4;
/** A thread takes a second to begin; smaller sets are decoded by then. */
const casesBeforeThreads = 32;
/** What may be mapped beside arrays that take all the memory there is for them, unless that is less. */
const leastMapped = 2 ** 28;

/**
 * Where prepared cases are while a process uses them: `memory` reads them whole and forgets the least recently used, `disk`
 * maps each, `auto` holds what fits the memory, and maps the others.
 */
export type CacheMode = "auto" | "memory" | "disk";

export interface CacheOptions {
  /** The data set's own frame unless given. */
  readonly size?: WorkingSize;
  readonly mode?: CacheMode;
  /** Folder of the disk cache, or false for none; {@link cacheFolder} unless given. */
  readonly folder?: string | false;
  /** Bound of the arrays in memory; 1 GiB unless given, see {@link usualMemory}. */
  readonly memoryBytes?: number | undefined;
  /** Bound of the disk cache; half of what is free and what it takes already unless given. */
  readonly diskBytes?: number | undefined;
  /** Threads that decode beside this one; none unless given. */
  readonly threads?: number;
  /** Told once, in a sentence, when the disk cache cannot be written; decoding goes on without it. */
  readonly onWarning?: (message: string) => void;
}

/** What is remembered of a case that was decoded, whether or not it is in memory. */
type SeenCase = Pick<LoadedInThread, "contents" | "stamp" | "entry" | "bytes" | "wide" | "stored" | "working">;

/** Hands out decoded cases. The arrays are shared: treat them as read-only. */
export class DecodedCache implements CaseSource {
  private readonly mode: CacheMode;
  private readonly memoryBytes: number;
  private readonly loader: CaseLoader;
  private readonly threads: DecodingThreads | undefined;
  private folder: EntryFolder | undefined;
  /** Least recently used first: a Map keeps the order of insertion. */
  private readonly kept = new Map<Case, DecodedCase>();
  private readonly mapped = new MappedCases();
  private readonly underWay = new Map<Case, Promise<DecodedCase>>();
  private readonly seen = new Map<Case, SeenCase>();
  private bytesKept = 0;
  private loads = 0;
  /** Of the case that was loaded last: most are alike. */
  private lastBytes = 0;

  constructor(
    private readonly dataset: Dataset,
    private readonly options: CacheOptions = {},
  ) {
    const { size = dataset.size, mode = "auto", folder, memoryBytes, diskBytes, threads = 0 } = options;
    this.mode = mode;
    this.memoryBytes = memoryBytes ?? usualMemory(dataset);
    this.loader = new CaseLoader(dataset, size);
    this.threads = threads > 0 ? new DecodingThreads(dataset, size, threads) : undefined;
    this.folder = folder === false ? undefined : new EntryFolder(folder ?? cacheFolder(dataset), diskBytes);
  }

  /** Bytes of the arrays held in memory now. */
  get bytesInMemory(): number {
    return this.bytesKept;
  }

  /** Bytes of the entries that are mapped now, of which the system holds what was looked at. */
  get bytesMapped(): number {
    return this.mapped.bytesMapped;
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
    return (await this.seenOf(one)).contents;
  }

  /**
   * Whether a case's image has more than 8 bits a sample; decodes it where that is still to be done.
   * @throws DataError as decodeCase does
   */
  async isWide(one: Case): Promise<boolean> {
    return (await this.seenOf(one)).wide;
  }

  /**
   * The shape of a case's working grid; decodes it where that is still to be done.
   * @throws DataError as decodeCase does
   */
  async shapeOf(one: Case): Promise<readonly number[]> {
    return (await this.seenOf(one)).working.shape;
  }

  /**
   * The grid of a case's file, or of its slices; decodes it where that is still to be done.
   * @throws DataError as decodeCase does
   */
  async storedGrid(one: Case): Promise<Grid> {
    return (await this.seenOf(one)).stored;
  }

  /**
   * The number of slices of a volume; decodes it where its header does not say.
   * @throws DataError as decodeCase does
   */
  async sliceCount(one: Case): Promise<number> {
    const { slices } = this.dataset;
    const told = this.seen.has(one) || !slices ? undefined : await sliceCountOfHeader(one, slices);
    return told ?? (await this.shapeOf(one))[0];
  }

  private async seenOf(one: Case): Promise<SeenCase> {
    if (!this.seen.has(one)) await this.get(one);
    return this.seen.get(one) as SeenCase;
  }

  private async load(one: Case): Promise<DecodedCase> {
    const seen = this.seen.get(one);
    const entry = await this.unchangedEntry(one, seen);
    return (entry && this.reopen(one, entry, seen?.bytes ?? 0)) ?? (await this.loadFromFiles(one));
  }

  /** The entry of a case whose files are as they were when it was seen. */
  private async unchangedEntry(one: Case, seen: SeenCase | undefined): Promise<EntryFile | undefined> {
    if (seen?.entry === undefined || seen.stamp === undefined) return undefined;
    return (await stampOf(one, this.dataset)) === seen.stamp ? seen.entry : undefined;
  }

  /** A case from its entry: its arrays where there is room for them, else mapped. */
  private reopen(one: Case, entry: EntryFile, bytes: number): DecodedCase | undefined {
    if (!this.holds(bytes)) {
      const mapped = isUnchanged(entry) ? this.mapped.get(one, entry) : undefined;
      if (mapped) return mapped;
      const mapping = mapEntry(entry, one);
      if (mapping) return this.mapped.add(one, mapping, this.mostMapped);
    }
    const read = readEntry(entry.path, one);
    return read && this.keep(one, read.decoded);
  }

  private async loadFromFiles(one: Case): Promise<DecodedCase> {
    const { folder } = this;
    const request = { one, folder: folder?.path, mayWrite: (await folder?.hasRoom()) ?? false };
    const loaded = await this.loadBy({ ...request, needsArrays: this.holds(this.lastBytes) });
    this.remember(one, loaded);
    const { entry, decoded, bytes } = loaded;
    if (entry && !(decoded && this.holds(bytes))) {
      const found = this.reopen(one, entry, bytes);
      if (found) return found;
    }
    // An entry that went as soon as it was there leaves nothing else than to decode here.
    return this.keep(one, decoded ?? (await this.loader.load({ ...request, mayWrite: false })).decoded);
  }

  private loadBy(request: ThreadRequest): Promise<LoadedInThread> {
    if (this.threads && this.loads++ >= casesBeforeThreads) return this.threads.load(request);
    return this.loader.load(request);
  }

  private remember(one: Case, { key, written, failure, decoded: _, ...seen }: LoadedInThread) {
    const { entry, bytes } = seen;
    this.seen.set(one, seen);
    this.lastBytes = bytes;
    if (entry) this.folder?.use(key, written ? bytes : 0);
    if (failure === undefined || this.folder === undefined) return;
    this.folder = undefined;
    this.options.onWarning?.(`${failure}; going on without the disk cache`);
  }

  /** Bytes that may be mapped at once. */
  private get mostMapped(): number {
    return Math.max(this.memoryBytes - this.bytesKept, Math.min(leastMapped, this.memoryBytes));
  }

  /** Whether arrays of so many bytes have a place in memory. */
  private holds(bytes: number): boolean {
    return this.mode === "memory" || (this.mode === "auto" && this.bytesKept + bytes <= this.memoryBytes);
  }

  private keep(one: Case, decoded: DecodedCase): DecodedCase {
    if (bytesOf(decoded) > this.memoryBytes) return decoded;
    this.kept.set(one, decoded);
    this.bytesKept += bytesOf(decoded);
    for (const [oldest, arrays] of this.kept) {
      if (this.bytesKept <= this.memoryBytes) break;
      this.kept.delete(oldest);
      this.bytesKept -= bytesOf(arrays);
    }
    return decoded;
  }
}
