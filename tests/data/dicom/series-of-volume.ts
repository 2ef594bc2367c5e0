/** Volumes of other formats as DICOM series for tests. */
import { join } from "node:path";
import { readVolume } from "../../../src/data/images/read-image.js";
import { worldOf } from "../../../src/grid/grid.js";
import { put } from "../files.js";
import { type Dataset, dicomFile, picture } from "./dicom-file.js";
import { decimals } from "./series-files.js";

/**
 * Writes a volume as the files of a CT series, whose names say nothing.
 * @param number of the series, also in its UIDs
 * @param more   attributes of a slice; null leaves it out
 */
export async function putSeriesOf(
  folder: string,
  file: string,
  number: number,
  more: (slice: number) => Dataset | null = () => ({}),
): Promise<string> {
  const { grid, samples } = await readVolume(file);
  const [slices, rows, columns] = grid.shape;
  const [thickness, y, x] = grid.spacing as number[];
  const axis = (a: 1 | 2) => (grid.toWorld as readonly (readonly number[])[]).map((row) => row[a] / (a === 1 ? y : x));
  for (let z = 0; z < slices; z++) {
    const own = more(z);
    if (!own) continue;
    const values = Array.from(samples.subarray(z * rows * columns, (z + 1) * rows * columns));
    const attributes = {
      "00080016 UI": "1.2.840.10008.5.1.4.1.1.2",
      "00080018 UI": `1.2.3.${number}.${z + 1}`,
      "00080020 DA": "20200102",
      "00080030 TM": "101500",
      "00080060 CS": "CT",
      "00100010 PN": "Secret^Name",
      "00100020 LO": "SecretNumber",
      "00200010 SH": "7",
      "0020000D UI": "1.2.3",
      "0020000E UI": `1.2.3.${number}`,
      "00200011 IS": String(number),
      "00200013 IS": String(z + 1),
      "00200032 DS": decimals(worldOf(grid, [z, 0, 0])),
      "00200037 DS": decimals([...axis(2), ...axis(1)]),
      "00200052 UI": "1.2.3.200",
      "00280030 DS": decimals([y, x]),
      "00180050 DS": String(thickness),
      ...own,
    };
    const name = `${(z * 5) % 7}-${number}${z % 2 ? ".dcm" : ""}`;
    put(join(folder, name), dicomFile(picture(rows, columns, values, attributes)));
  }
  return folder;
}
