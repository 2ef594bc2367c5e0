/** The header of a DICOM file on disk, without what comes behind it. */
import { readStart, withFile } from "../file-bytes.js";
import { type DicomFile, HeadTooShort, parseDicom } from "./parse.js";

/** Headers of images end before this; longer ones are read on. */
const headBytes = 2 ** 16;

/**
 * A file's header; the pixels of large files are not read.
 * @throws DataError when it cannot be read, and as parseDicom
 */
export async function readHead(file: string): Promise<DicomFile> {
  return withFile(file, async (handle, size) => {
    for (let wanted = headBytes; ; wanted *= 8) {
      const bytes = await readStart(handle, Math.min(wanted, size));
      try {
        return parseDicom(bytes, file, size);
      } catch (error) {
        if (!(error instanceof HeadTooShort)) throw error;
        if (bytes.length < Math.min(wanted, size)) return parseDicom(bytes, file);
      }
    }
  });
}
