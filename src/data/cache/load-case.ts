/** From a case's files to its prepared arrays, by way of the disk cache: what a decoding thread does, or the main one. */
import { DataError } from "../../core/errors.js";
import type { Case, Dataset } from "../dataset.js";
import { decodeCaseBytes, readCaseBytes } from "../decode.js";
import type { DecodedCase } from "../decoded-case.js";
import type { WorkingSize } from "../images/prepare-image.js";
import { decodeVolume, hasSlices } from "../volumes/decode-volume.js";
import { type CaseContents, contentsOf, contentsOfFiles, entryKey, settingsHash, stampOf } from "./contents.js";
import { type EntryFile, entryFile, entryPath, readEntry, writeEntry } from "./entry.js";

/** What of a data set decodes its cases: all of it but the cases themselves, so that a thread can be told. */
export type DecodingRules = Omit<Dataset, "domains">;

/** What is asked for. */
export interface LoadRequest {
  readonly one: Case;
  /** Of the disk cache; missing: none. */
  readonly folder?: string | undefined;
  /** Whether a new entry may be written. */
  readonly mayWrite: boolean;
}

/** A case that was read or decoded. */
export interface LoadedCase extends Pick<DecodedCase, "wide" | "stored" | "working"> {
  readonly decoded: DecodedCase;
  /** Of its arrays. */
  readonly bytes: number;
  readonly contents: CaseContents;
  /** Of the case's files before they were read. */
  readonly stamp: string | undefined;
  readonly key: string;
  /** Its entry, where it has one. */
  readonly entry?: EntryFile;
  /** Whether the entry was written now. */
  readonly written?: boolean;
  /** Why it could not be written. */
  readonly failure?: string;
}

/** Bytes of the arrays. */
export function bytesOf({ image, label }: Pick<DecodedCase, "image" | "label">): number {
  return image.byteLength + (label?.length ?? 0);
}

/** Loads cases of one data set at one size. */
export class CaseLoader {
  private readonly dataset: Dataset;
  /** Hashes of the settings, by domain. */
  private readonly settings = new Map<string, string>();

  constructor(
    rules: DecodingRules,
    private readonly size: WorkingSize,
  ) {
    this.dataset = { ...rules, domains: [] };
  }

  /** @throws DataError as decodeCase does */
  async load({ one, folder, mayWrite }: LoadRequest): Promise<LoadedCase> {
    // Taken before reading: files that change meanwhile no longer have this stamp next time.
    const stamp = await stampOf(one, this.dataset);
    const { contents, decode } = await this.open(one, stamp);
    const key = entryKey(this.settingsOf(one.domain), contents, one);
    const path = folder && entryPath(folder, key);
    const found = path ? readEntry(path, one) : undefined;
    const decoded = found?.decoded ?? (await decode());
    const loaded = { contents, stamp, key, decoded, ...factsOf(decoded) };
    if (found) return { ...loaded, entry: found.file };
    return path && mayWrite ? { ...loaded, ...write(path, decoded) } : loaded;
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
}

function factsOf(decoded: DecodedCase): Pick<LoadedCase, "wide" | "stored" | "working" | "bytes"> {
  const { wide, stored, working } = decoded;
  return { wide, stored, working, bytes: bytesOf(decoded) };
}

function write(path: string, decoded: DecodedCase): Pick<LoadedCase, "entry" | "written" | "failure"> {
  try {
    writeEntry(path, decoded);
    return { entry: entryFile(path), written: true };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}
