/** `dimseg data phantoms OUT`: makes a data set of drawn images with exact masks, to try everything on. */
import { type Command, Option } from "commander";
import type { PhantomsInput } from "../../workflows/data/phantoms.js";
import { wholeNumber } from "../options/whole-number.js";
import { inTerminal } from "../terminal/observer.js";

type PhantomsOptions = Omit<PhantomsInput, "out" | "train" | "test"> & Partial<Pick<PhantomsInput, "train" | "test">>;

/** As many as there are unless numbers are given: a volume takes as long as a dozen pictures. */
const usual = { pictures: { train: 40, test: 16 }, volumes: { train: 6, test: 3 } };

async function phantoms(out: string, options: PhantomsOptions): Promise<void> {
  const { drawPhantoms } = await import("../../workflows/data/phantoms.js");
  const what = options.volumes ? "volumes" : "pictures";
  const input = { out, ...usual[what], ...options };
  const { images, folder, dataset } = await inTerminal((observer) => drawPhantoms(input, observer));
  console.log(`Wrote ${images} ${what} with masks to ${folder}, described in ${dataset}.`);
  const { sheet } = options;
  if (sheet !== undefined) console.log(`Wrote ${sheet}: a row for each domain, with the outlines of the masks.`);
}

/** Adds the verb to `dimseg data`. */
export function register(parent: Command): void {
  parent
    .command("phantoms")
    .description("draw a data set of several domains with exact masks, to try everything on")
    .argument("<out>", "folder in which Fundus, ProstateSlice or ProstateVolumes is made")
    .addOption(new Option("--kind <kind>", "what to draw").choices(["fundus", "prostate"]).default("fundus"))
    .option("--size <pixels>", "side of the pictures", wholeNumber, 128)
    .option("--volumes", "NIfTI volumes of prostates in place of pictures")
    .option("--train <number>", "training pictures of each domain (default: 40, of volumes 6)", wholeNumber)
    .option("--test <number>", "test pictures of each domain (default: 16, of volumes 3)", wholeNumber)
    .option("--seed <number>", "another number draws other pictures", wholeNumber, 1)
    .option("--sheet <file>", "also write a PNG that shows some of them")
    .action(phantoms);
}
