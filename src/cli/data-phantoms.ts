/** `dimseg data phantoms OUT`: makes a data set of drawn images with exact masks, to try everything on. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { PhantomsInput } from "../workflows/data-phantoms.js";
import { inTerminal } from "./terminal-observer.js";

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

async function phantoms(out: string, options: Omit<PhantomsInput, "out">): Promise<void> {
  const { drawPhantoms } = await import("../workflows/data-phantoms.js");
  const { images, folder, dataset } = await inTerminal((observer) => drawPhantoms({ out, ...options }, observer));
  console.log(`Wrote ${images} pictures with masks to ${folder}, described in ${dataset}.`);
  const { sheet } = options;
  if (sheet !== undefined) console.log(`Wrote ${sheet}: a row for each domain, with the outlines of the masks.`);
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
