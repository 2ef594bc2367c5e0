/** The methods a configuration may name; a new one is one file and one line here. */
import { midss } from "./midss.js";
import { supervised } from "./supervised.js";

export const methods = { midss, supervised };

/** Name of a method in a configuration. */
export type MethodName = keyof typeof methods;
