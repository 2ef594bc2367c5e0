/** What formats with a header of text share: their values follow it, or lie in a file beside it. */
import { DataError } from "../../../core/errors.js";
import type { Grid } from "../../../grid/grid.js";
import { deinterleave } from "../../../grid/interleave.js";
import { type Format, maxVolumeBytes } from "../format.js";
import { type StoredValues, samplesOf, sampleTypeOf } from "../stored-values.js";
import { textHeadBytes } from "./header.js";

/** What such a header says of its values. */
export interface ValuesHeader extends StoredValues {
  readonly grid: Grid;
  readonly channels: number;
  /** Whether the channels of a voxel lie side by side. */
  readonly isInterleaved: boolean;
  /** Name of the file that holds the values; undefined where they follow the header. */
  readonly dataFile: string | undefined;
  /** Bytes of all values. */
  readonly bytes: number;
  /** Where the header ends. */
  readonly end: number;
}

/** The name of a data file. @throws DataError when it stands for several */
export function oneDataFile(name: string, file: string): string {
  if (!/^LIST\b|%\d*d/.test(name)) return name;
  throw new DataError(`${file}: has its values in several files (${name}), which are not read; save it as one`);
}

/**
 * The reading part of a format.
 * @param readHeader from the beginning of a file, or all of it
 * @param valueBytes the values as stored, unpacked, of a whole file
 */
export function readsValues<Header extends ValuesHeader>(
  readHeader: (bytes: Uint8Array, file: string) => Header,
  valueBytes: (whole: Uint8Array, header: Header, file: string) => Promise<Uint8Array>,
): Pick<Format, "maxFileBytes" | "headBytes" | "read" | "header" | "beside"> {
  return {
    maxFileBytes: maxVolumeBytes,
    headBytes: textHeadBytes,
    async read(bytes, file) {
      const header = readHeader(bytes, file);
      const { grid, channels, isInterleaved } = header;
      const stored = samplesOf(await valueBytes(bytes, header, file), header, file);
      return { grid, channels, samples: isInterleaved ? deinterleave(stored, channels) : stored };
    },
    async header(bytes, file) {
      const { grid, channels, type } = readHeader(bytes, file);
      return { grid, channels, sampleType: sampleTypeOf(type) };
    },
    beside: (bytes, file) => [readHeader(bytes, file).dataFile ?? []].flat(),
  };
}
