/** Which rules a verb applies to what a run's network says. */
import type { Dataset } from "../data/dataset.js";
import { checkRules, type MaskRules } from "../inference/rules.js";
import type { OpenedRun } from "./open-run.js";

/** Rules in place of those of the run's configuration; `none`: the network's own words. */
export type WantedRules = MaskRules | "none" | undefined;

/** Rules that are asked for, of a data set's classes. @throws UsageError as {@link rulesOf} */
export function checkedRules(dataset: Dataset, wanted: WantedRules): MaskRules | undefined {
  if (wanted === undefined || wanted === "none") return undefined;
  checkRules(wanted, dataset, "rules of the command line");
  return wanted;
}

/**
 * The rules that are asked for, else those of the run's configuration; undefined where nothing is done.
 * @throws UsageError for rules of a class that the run does not have, or of another kind of images
 */
export function rulesOf({ config, dataset, folder }: OpenedRun, wanted: WantedRules): MaskRules | undefined {
  if (wanted !== undefined) return checkedRules(dataset, wanted);
  if (config.rules) checkRules(config.rules, dataset, `${folder.config}: rules`);
  return config.rules;
}
