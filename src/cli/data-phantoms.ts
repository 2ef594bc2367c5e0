/** `dimseg data phantoms OUT`: makes a data set of drawn images with exact masks, to try everything on. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { PhantomKind } from "../phantoms/types.js";
import { createProgress } from "./progress.js";

interface Options {
  readonly kind: PhantomKind;
  readonly size: number;
  readonly train: number;
  readonly test: number;
  readonly seed: number;
  readonly sheet?: string;
}

/** Pictures of each domain on a contact sheet. */
const sheetColumns = 8;

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

async function writeSheet(path: string, { kind, size, seed, train }: Options): Promise<void> {
  const { generatePhantom, phantomTile } = await import("../phantoms/generate.js");
  const { phantomDomains } = await import("../phantoms/types.js");
  const { writeContactSheet } = await import("../drawing/contact-sheet.js");
  const tiles = phantomDomains(kind).flatMap((domain) =>
    Array.from({ length: sheetColumns }, (_, column) => {
      // Prostate pictures of one patient are neighbours, so take them from all over the split.
      const index = Math.floor((column * Math.max(train, sheetColumns)) / sheetColumns);
      return phantomTile(generatePhantom(kind, { seed, domain, split: "train", index, size }));
    }),
  );
  await writeContactSheet(path, tiles, sheetColumns);
  console.log(`Wrote ${path}: a row for each domain, with the outlines of the masks.`);
}

async function phantoms(out: string, options: Options): Promise<void> {
  const { writePhantoms } = await import("../phantoms/write.js");
  const { kind, size, seed, train, test } = options;
  const { phantomDomains } = await import("../phantoms/types.js");
  const progress = createProgress({ label: "drawing", total: phantomDomains(kind).length * (train + test) });
  try {
    const written = await writePhantoms({
      ...{ out, kind, size, seed, trainPerDomain: train, testPerDomain: test },
      onProgress: (done) => progress.update(done),
    });
    progress.finish();
    console.log(`Wrote ${written.images} pictures with masks to ${written.folder}, described in ${written.dataset}.`);
  } catch (error) {
    progress.finish();
    throw error;
  }
  if (options.sheet !== undefined) await writeSheet(options.sheet, options);
}

/** Adds the verb to `dimseg data`. */
export function register(parent: Command): void {
  parent
    .command("phantoms")
    .description("draw a data set of several domains with exact masks, to try everything on")
    .argument("<out>", "folder in which Fundus or ProstateSlice is made")
    .addOption(new Option("--kind <kind>", "what to draw").choices(["fundus", "prostate"]).default("fundus"))
    .option("--size <pixels>", "side of the pictures", wholeNumber, 128)
    .option("--train <number>", "training pictures of each domain", wholeNumber, 40)
    .option("--test <number>", "test pictures of each domain", wholeNumber, 16)
    .option("--seed <number>", "another number draws other pictures", wholeNumber, 1)
    .option("--sheet <file>", "also write a PNG that shows some of them")
    .action(phantoms);
}
