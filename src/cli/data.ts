/** `dimseg data ...`: the verbs that bring data in. */
import type { Command } from "commander";
import { register as registerAddMasks } from "./data/add-masks.js";
import { register as registerCheck } from "./data/check.js";
import { register as registerConvert } from "./data/convert.js";
import { register as registerInspect } from "./data/inspect.js";
import { register as registerOutlines } from "./data/outlines.js";
import { register as registerPhantoms } from "./data/phantoms.js";

/** Adds `data` and its verbs to the command line. */
export function register(parent: Command): void {
  const data = parent.command("data").description("look at folders of images, check data sets, draw phantoms");
  registerConvert(data);
  registerOutlines(data);
  registerInspect(data);
  registerCheck(data);
  registerAddMasks(data);
  registerPhantoms(data);
}
