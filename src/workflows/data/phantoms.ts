/** Drawing a data set of several domains with exact masks, to try everything on. */
import { UsageError } from "../../core/errors.js";
import { writeContactSheet } from "../../drawing/contact-sheet.js";
import { generatePhantom, phantomTile } from "../../phantoms/generate.js";
import { type PhantomKind, phantomDomains } from "../../phantoms/types.js";
import { type WrittenPhantoms, writePhantoms } from "../../phantoms/write.js";
import { writePhantomVolumes } from "../../phantoms/write-volumes.js";
import type { Workflow } from "../observer.js";

/** What to draw. */
export interface PhantomsInput {
  readonly out: string;
  readonly kind: PhantomKind;
  /** Side of the pictures in pixels. */
  readonly size: number;
  /** Volumes in place of pictures; of the prostate alone. */
  readonly volumes?: boolean;
  /** Pictures, or volumes, of each domain. */
  readonly train: number;
  readonly test: number;
  /** Another number draws other pictures. */
  readonly seed: number;
  /** A PNG that shows some of them. */
  readonly sheet?: string | undefined;
}

/** Pictures of each domain on a contact sheet. */
const sheetColumns = 8;

async function writeSheet(path: string, { kind, size, seed, train }: PhantomsInput): Promise<void> {
  const tiles = phantomDomains(kind).flatMap((domain) =>
    Array.from({ length: sheetColumns }, (_, column) => {
      // Prostate pictures of one patient are neighbours, so take them from all over the split.
      const index = Math.floor((column * Math.max(train, sheetColumns)) / sheetColumns);
      return phantomTile(generatePhantom(kind, { seed, domain, split: "train", index, size }));
    }),
  );
  await writeContactSheet(path, tiles, sheetColumns);
}

/** Writes the pictures with their masks and a `dataset.yaml`. @throws UsageError, ResourceError as writing them does */
export const drawPhantoms: Workflow<PhantomsInput, WrittenPhantoms> = async (input, { progress }) => {
  const { out, kind, size, seed, train, test, sheet, volumes = false } = input;
  const total = phantomDomains(kind).length * (train + test);
  const onProgress = (done: number) => progress("drawing", done, total);
  const counts = { trainPerDomain: train, testPerDomain: test };
  if (volumes) {
    if (kind !== "prostate") throw new UsageError(`there are no volumes of ${kind}; add --kind prostate`);
    if (sheet !== undefined) throw new UsageError("--sheet shows pictures; leave it out with --volumes");
    return writePhantomVolumes({ out, size, seed, ...counts, onProgress });
  }
  const written = await writePhantoms({ out, kind, size, seed, ...counts, onProgress });
  if (sheet !== undefined) await writeSheet(sheet, input);
  return written;
};
