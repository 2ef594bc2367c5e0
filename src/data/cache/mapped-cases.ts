/** Prepared cases as views of mapped files: what of them is in memory is bounded, the least recently used go first. */
import { dropPages } from "../../torch/index.js";
import type { Case } from "../dataset.js";
import type { DecodedCase } from "../decoded-case.js";
import type { EntryFile, MappedCase } from "./entry.js";

/** A process may have 65,530 mappings in all, where nobody raised Linux' own bound. */
const mostMappings = 4096;

export class MappedCases {
  /** Least recently used first. */
  private readonly mapped = new Map<Case, MappedCase>();
  private bytes = 0;

  /** Bytes of the files that are mapped; no more of them than these is in memory. */
  get bytesMapped(): number {
    return this.bytes;
  }

  /** @param entry what the case has now: the mapping of another, as before its files were changed, is none of it */
  get(one: Case, entry: EntryFile): DecodedCase | undefined {
    const found = this.mapped.get(one);
    if (found?.file.path !== entry.path || found.file.stamp !== entry.stamp) return undefined;
    this.mapped.delete(one);
    this.mapped.set(one, found);
    return found.decoded;
  }

  /**
   * Adds a case and lets go of others until at most so many bytes are mapped, or it is alone. Whoever still looks at one of
   * those sees the same values.
   */
  add(one: Case, mapped: MappedCase, mostBytes: number): DecodedCase {
    this.drop(one);
    this.mapped.set(one, mapped);
    this.bytes += mapped.mapping.byteLength;
    for (const oldest of this.mapped.keys()) {
      if ((this.bytes <= mostBytes && this.mapped.size <= mostMappings) || oldest === one) break;
      this.drop(oldest);
    }
    return mapped.decoded;
  }

  /** Its memory goes now, the mapping with the arrays on it. */
  private drop(one: Case): void {
    const mapping = this.mapped.get(one)?.mapping;
    if (!mapping) return;
    this.mapped.delete(one);
    this.bytes -= mapping.byteLength;
    dropPages(mapping);
  }
}
