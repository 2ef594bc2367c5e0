/** The methods a configuration may name; a new one is one file and one line here. */
import { bcp } from "./bcp.js";
import { cauSsl } from "./caussl.js";
import { cps } from "./cps.js";
import type { MethodEntry } from "./entry.js";
import { fixMatch } from "./fixmatch.js";
import { fixMatchCutMix } from "./fixmatch-cutmix.js";
import { meanTeacher } from "./mean-teacher.js";
import type { Method, MethodContext } from "./method.js";
import { midss } from "./midss.js";
import { ssNet } from "./ss-net.js";
import { supervised } from "./supervised.js";
import { uaMt } from "./ua-mt.js";
import { ustRun } from "./ust-run.js";

/** All methods by their names in configurations. */
export const methods = {
  midss,
  supervised,
  "mean-teacher": meanTeacher,
  "ua-mt": uaMt,
  fixmatch: fixMatch,
  "fixmatch-cutmix": fixMatchCutMix,
  cps,
  bcp,
  caussl: cauSsl,
  "ss-net": ssNet,
  "ust-run": ustRun,
};

/** Name of a method in a configuration. */
export type MethodName = keyof typeof methods;

/** A `method:` section: a name and, beside it, that method's resolved settings. */
export type MethodChoice = { name: MethodName } & Record<string, unknown>;

/** The method that a section asks for. @throws UsageError for settings that make no sense together */
export function createMethod(choice: MethodChoice, context: MethodContext): Method {
  const entry: MethodEntry = methods[choice.name];
  return entry.create(context, choice);
}
