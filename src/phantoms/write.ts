/**
 * Phantoms as folders of PNG files in the paper's own layouts (method.md 3.1), with a `dataset.yaml`, so that
 * whatever reads the real sets reads phantoms too.
 */
import { join } from "node:path";
import sharp from "sharp";
import { UsageError } from "../core/errors.js";
import { writeFileAtomic } from "../core/files/atomic-file.js";
import { inspectFolder } from "../data/inspect/inspect.js";
import { writeDatasetYaml } from "../data/inspect/write-yaml.js";
import { mapLimited } from "../data/limited.js";
import { generatePhantom } from "./generate.js";
import { slicesPerPatient } from "./prostate/prostate.js";
import { checkPhantomKey, type Phantom, type PhantomKind, type PhantomSplit, phantomDomains } from "./types.js";
import { writeWholeFolder } from "./whole-folder.js";

/** What to write. */
export interface WritePhantomsOptions {
  /** folder in which `Fundus` or `ProstateSlice` is made */
  out: string;
  kind: PhantomKind;
  /** side of the pictures in pixels */
  size: number;
  /** domains to make, all of the kind unless given */
  domains?: readonly string[];
  trainPerDomain: number;
  testPerDomain: number;
  seed: number;
  /** called after every picture */
  onProgress?: (done: number, total: number) => void;
}

/** What was written. */
export interface WrittenPhantoms {
  /** the data set's folder */
  folder: string;
  /** path of its `dataset.yaml` */
  dataset: string;
  /** number of pictures, each with its mask */
  images: number;
}

interface Job {
  domain: string;
  split: PhantomSplit;
  index: number;
}

const folderNames: Record<PhantomKind, string> = { fundus: "Fundus", prostate: "ProstateSlice" };
/** More would not sort in byte order. */
const mostPerSplit = 10_000;
/** Pictures encoded side by side. */
const together = 8;

/**
 * Writes `Fundus/DOMAIN/SPLIT/ROIs/{image,mask}` or `ProstateSlice/SITE/SPLIT/{image,mask}` under `out`.
 * @throws UsageError when the folder exists already, or a size, count, seed or domain is out of range
 * @throws ResourceError when it cannot be written; nothing is left behind then
 */
export async function writePhantoms(options: WritePhantomsOptions): Promise<WrittenPhantoms> {
  const { out, kind, size, seed, onProgress } = options;
  const jobs = plan(options);
  const folder = await writeWholeFolder(out, folderNames[kind], async (partial) => {
    let done = 0;
    // After a failure it waits for the files under way, which would otherwise come back after they were removed.
    await mapLimited(jobs, together, async (job) => {
      await writePair(partial, kind, job, generatePhantom(kind, { ...job, seed, size }));
      onProgress?.(++done, jobs.length);
    });
    await describe(partial, options);
  });
  return { folder, dataset: join(folder, "dataset.yaml"), images: jobs.length };
}

/** Checks the request and lists the pictures in the order of the folders. */
function plan(options: WritePhantomsOptions): Job[] {
  const { kind, size, seed } = options;
  const known = phantomDomains(kind);
  const domains = options.domains ?? known;
  const unknown = domains.find((domain) => !known.includes(domain));
  if (unknown !== undefined)
    throw new UsageError(`${kind} phantoms have no domain ${unknown}; choose from ${known.join(", ")}`);
  if (domains.length === 0) throw new UsageError(`no domain was chosen; choose from ${known.join(", ")}`);
  const counts = { train: options.trainPerDomain, test: options.testPerDomain };
  for (const [split, count] of Object.entries(counts))
    if (!Number.isInteger(count) || count < 0 || count > mostPerSplit)
      throw new UsageError(`${split} count is ${count}; choose a whole number of pictures from 0 to ${mostPerSplit}`);
  if (counts.train + counts.test === 0) throw new UsageError("both counts are 0; choose at least one picture to make");
  checkPhantomKey({ seed, size, domain: known[0], split: "train", index: 0 });
  return domains.flatMap((domain) =>
    (["train", "test"] as const).flatMap((split) =>
      Array.from({ length: counts[split] }, (_, index) => ({ domain, split, index })),
    ),
  );
}

/** File name within its folder; names sort as the indices do, and prostate slices carry patient and slice. */
function fileName(kind: PhantomKind, index: number): string {
  const digits = (value: number, count: number): string => String(value).padStart(count, "0");
  if (kind === "fundus") return `phantom_${digits(index, 4)}.png`;
  return `${digits(Math.floor(index / slicesPerPatient), 4)}_${digits(index % slicesPerPatient, 2)}.png`;
}

async function writePair(
  root: string,
  kind: PhantomKind,
  { domain, split, index }: Job,
  phantom: Phantom,
): Promise<void> {
  const place = join(root, domain, split, ...(kind === "fundus" ? ["ROIs"] : []));
  const name = fileName(kind, index);
  const { size, channels, image, mask } = phantom;
  const [imagePng, maskPng] = await Promise.all([encode(image, size, channels), encode(mask, size, 1)]);
  writeFileAtomic(join(place, "image", name), imagePng);
  writeFileAtomic(join(place, "mask", name), maskPng);
}

function encode(bytes: Uint8Array, size: number, channels: 1 | 3): Promise<Buffer> {
  const picture = sharp(bytes, { raw: { width: size, height: size, channels } });
  return (channels === 1 ? picture.toColourspace("b-w") : picture).png({ compressionLevel: 4 }).toBuffer();
}

/** Writes `dataset.yaml` as inspection of the folder finds it, with the pictures' own size for training. */
async function describe(folder: string, { kind, size, seed }: WritePhantomsOptions): Promise<void> {
  const inspection = await inspectFolder(folder);
  const { resize } = inspection.file;
  const guesses = [...inspection.guesses, `the files are ${kind} phantoms of dimseg, ${size} x ${size}, seed ${seed}`];
  const file = { ...inspection.file, resize: resize && { ...resize, size } };
  writeDatasetYaml({ ...inspection, file, guesses }, folder, join(folder, "dataset.yaml"), false);
}
