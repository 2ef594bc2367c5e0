/** Prints what a person should know of and what ends nothing; the sweep that made a run finds it by its first word. */
import { warningPrefix } from "../../core/warning-prefix.js";

export function warn(message: string): void {
  console.error(`${warningPrefix}${message}`);
}
