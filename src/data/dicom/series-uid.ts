import { readHead } from "./head.js";
import type { DicomVolume } from "./volumes.js";

/** UID of the series that a volume is of, for comparing only. @throws DataError when its first file cannot be read */
export async function seriesUidOf({ slices }: DicomVolume): Promise<string | undefined> {
  return (await readHead(slices[0].file)).set.text("SeriesInstanceUID");
}
