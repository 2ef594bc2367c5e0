/** Numbers on the command line. */
import { InvalidArgumentError } from "commander";

/** An option's value as a whole number. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
