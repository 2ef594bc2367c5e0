/**
 * Written volumes in nibabel and pydicom, which share nothing with dimseg: every voxel lies where it did. Left out where the
 * Python of DIMSEG_PEER_PYTHON, else `python3`, lacks them.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../../src/core/package-root.js";
import { parseDicom } from "../../../src/data/dicom/parse.js";
import { encodeSegmentation } from "../../../src/data/dicom/segmentation-writer.js";
import { findSeries } from "../../../src/data/dicom/series.js";
import type { DicomVolume } from "../../../src/data/dicom/volumes.js";
import { encodeNifti } from "../../../src/data/formats/nifti/writer.js";
import { readVolume } from "../../../src/data/images/read-image.js";
import { worldOf } from "../../../src/grid/grid.js";
import { oblique, orientations, putSeries } from "../dicom/series-files.js";
import { put, temporaryFolder } from "../files.js";
import { niftiFile } from "./nifti-file.js";
import { allLies, extents, type Lie, numbers, places, ras } from "./phantom.js";

const python = process.env.DIMSEG_PEER_PYTHON || "python3";
const hasReaders = spawnSync(python, ["-c", "import nibabel, pydicom"]).status === 0;
const base = temporaryFolder();

/** What the peer reads of files. */
function readByPeer<T>(files: readonly string[]): T[] {
  const script = join(packageRoot, "bench/peers/volume_reader.py");
  const { stdout, stderr } = spawnSync(python, [script, ...files], { encoding: "utf8", maxBuffer: 1 << 26 });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

function sourceOf(lie: Lie): Buffer {
  const { axes, origin } = ras(lie);
  const rows = [0, 1, 2].flatMap((r) => [axes[0][r], axes[1][r], axes[2][r], origin[r]]);
  return niftiFile({ dim: extents, datatype: 4, data: Buffer.from(numbers().buffer), sform: [1, ...rows] });
}

it.skipIf(!hasReaders)(
  "nibabel finds every voxel of a written NIfTI file in its place, in 48 orders and oblique",
  async () => {
    const lies = allLies();
    const files: string[] = [];
    for (const [i, lie] of lies.entries()) {
      const image = await readVolume(put(join(base, `source${i}.nii`), sourceOf(lie)));
      const packed = i % 2 === 0;
      files.push(put(join(base, `written${i}.nii${packed ? ".gz" : ""}`), await encodeNifti(image, { packed })));
    }
    const read = readByPeer<{ affine: number[][]; values: number[] }>(files);
    for (const [i, { affine, values }] of read.entries()) {
      expect(values, lies[i].name).toEqual([...numbers()]);
      const wanted = places(lies[i]);
      let at = 0;
      for (let z = 0; z < extents[2]; z++)
        for (let y = 0; y < extents[1]; y++)
          for (let x = 0; x < extents[0]; x++, at++) {
            const [right, anterior, superior] = affine.map((row) => row[0] * x + row[1] * y + row[2] * z + row[3]);
            [-right, -anterior, superior].forEach((mm, r) => {
              expect(Math.abs(mm - wanted[at][r]), lies[i].name).toBeLessThan(1e-5);
            });
          }
    }
  },
);

interface ReadFrame {
  readonly segment: number;
  readonly position: readonly number[];
  readonly orientation: readonly number[];
  readonly source: string;
  readonly pixels: readonly number[];
}

/** Three values in a pattern that no turn or mirror leaves as it is. */
function labelsOf({ grid: { shape } }: DicomVolume): Uint8Array {
  const [slices, rows, columns] = shape;
  return Uint8Array.from({ length: slices * rows * columns }, (_, i) => ((i * 7 + Math.floor(i / columns)) % 5) % 3);
}

it.skipIf(!hasReaders)(
  "pydicom finds every frame of a written DICOM SEG on its slice, in each orientation",
  async () => {
    const volumes: DicomVolume[] = [];
    const files: string[] = [];
    for (const [i, axes] of [...orientations, oblique].entries()) {
      const [volume] = (await findSeries(putSeries(join(base, `series${i}`), { axes }))).volumes;
      volumes.push(volume);
      const seg = await encodeSegmentation(labelsOf(volume), volume, [{ label: "prostate" }, { label: "lesion" }]);
      files.push(put(join(base, `seg${i}.dcm`), seg));
    }
    const read = readByPeer<{ labels: string[]; frames: ReadFrame[] }>(files);
    for (const [i, { labels, frames }] of read.entries()) {
      const { grid, slices } = volumes[i];
      const [count, rows, columns] = grid.shape;
      expect(labels).toEqual(["prostate", "lesion"]);
      expect(frames).toHaveLength(2 * count);
      const values = labelsOf(volumes[i]);
      const uids = slices.map(({ file }) => parseDicom(readFileSync(file), file).set.text("SOPInstanceUID"));
      for (const { segment, position, orientation, source, pixels } of frames) {
        const z = uids.indexOf(source);
        const own = values.subarray(z * rows * columns, (z + 1) * rows * columns);
        expect(pixels).toEqual(Array.from(own, (value) => Number(value === segment)));
        worldOf(grid, [z, 0, 0]).forEach((mm, r) => void expect(position[r]).toBeCloseTo(mm, 5));
        const [origin, right, down] = [
          [z, 0, 0],
          [z, 0, 1],
          [z, 1, 0],
        ].map((at) => worldOf(grid, at));
        const steps = [right, down].flatMap((to) => {
          const step = to.map((mm, r) => mm - origin[r]);
          return step.map((mm) => mm / Math.hypot(...step));
        });
        steps.forEach((part, r) => void expect(orientation[r]).toBeCloseTo(part, 5));
      }
    }
  },
);
