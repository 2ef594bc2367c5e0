/** Prostate-like phantoms as NIfTI volumes, a patient each: `ProstateVolumes/SITE/SPLIT/{images,masks}/0000.nii.gz`. */
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { UsageError } from "../core/errors.js";
import { writeFileAtomic } from "../core/files/atomic-file.js";
import { encodeNifti } from "../data/formats/nifti/writer.js";
import { inspectFolder } from "../data/inspect/inspect.js";
import { writeDatasetYaml } from "../data/inspect/write-yaml.js";
import { makeGrid } from "../grid/grid.js";
import { generateProstateVolume, type ProstateVolume } from "./prostate/prostate.js";
import { checkPhantomKey, type PhantomSplit, prostateSites } from "./types.js";
import { writeWholeFolder } from "./whole-folder.js";
import type { WrittenPhantoms } from "./write.js";

/** What to write. */
export interface WriteVolumesOptions {
  /** folder in which `ProstateVolumes` is made */
  out: string;
  /** side of the slices in pixels */
  size: number;
  trainPerDomain: number;
  testPerDomain: number;
  seed: number;
  /** called after every volume */
  onProgress?: (done: number, total: number) => void;
}

/** Slices of a volume. */
const slices = 12;
const mostPerSplit = 1000;
/** What inspect cannot see in the files. */
const manifest = { dataset: "ProstateVolumes", classes: ["background", "prostate"] };

/** The volume lies straight in the patient: slices towards superior, rows towards posterior, columns towards the left. */
function gridOf({ shape, spacing }: ProstateVolume) {
  const [through, down, across] = spacing;
  return makeGrid("phantom", shape, null, [
    [0, 0, across, (-across * (shape[2] - 1)) / 2],
    [0, down, 0, (-down * (shape[1] - 1)) / 2],
    [through, 0, 0, 0],
  ]);
}

async function writePatient(folder: string, name: string, volume: ProstateVolume): Promise<void> {
  const grid = gridOf(volume);
  const inside = volume.mask.map((value) => (value === 0 ? 1 : 0));
  const write = async (kind: string, samples: Uint8Array) =>
    writeFileAtomic(
      join(folder, kind, `${name}.nii.gz`),
      await encodeNifti({ grid, channels: 1, samples }, { packed: true }),
    );
  await write("images", volume.image);
  await write("masks", inside);
}

/**
 * Writes volumes of all six sites with their masks (1 prostate) and a `dataset.yaml`.
 * @throws UsageError when the folder exists already, or a size, count or seed is out of range
 * @throws ResourceError when it cannot be written; nothing is left behind then
 */
export async function writePhantomVolumes(options: WriteVolumesOptions): Promise<WrittenPhantoms> {
  const { out, size, seed, trainPerDomain, testPerDomain, onProgress } = options;
  for (const count of [trainPerDomain, testPerDomain])
    if (!Number.isInteger(count) || count < 0 || count > mostPerSplit)
      throw new UsageError(`a count is ${count}; choose a whole number of volumes from 0 to ${mostPerSplit}`);
  if (trainPerDomain + testPerDomain === 0)
    throw new UsageError("both counts are 0; choose at least one volume to make");
  checkPhantomKey({ seed, size, domain: prostateSites[0], split: "train", index: 0 });
  const counts: Record<PhantomSplit, number> = { train: trainPerDomain, test: testPerDomain };
  const jobs = prostateSites.flatMap((domain) =>
    (["train", "test"] as const).flatMap((split) =>
      Array.from({ length: counts[split] }, (_, index) => ({ domain, split, index })),
    ),
  );
  const folder = await writeWholeFolder(out, "ProstateVolumes", async (partial) => {
    for (const [done, { domain, split, index }] of jobs.entries()) {
      const volume = generateProstateVolume({ seed, size, domain, split, index }, slices);
      await writePatient(join(partial, domain, split), String(index).padStart(4, "0"), volume);
      onProgress?.(done + 1, jobs.length);
      await nextTurn();
    }
    writeFileAtomic(join(partial, "manifest.json"), `${JSON.stringify(manifest)}\n`);
    const inspection = await inspectFolder(partial);
    const guesses = [
      ...inspection.guesses,
      `the files are prostate phantoms of dimseg, ${slices} slices of ${size} x ${size}, seed ${seed}`,
    ];
    writeDatasetYaml({ ...inspection, guesses }, partial, join(partial, "dataset.yaml"), false);
  });
  return { folder, dataset: join(folder, "dataset.yaml"), images: jobs.length };
}
