/** The option `--checkpoint` of the verbs that use a run's networks. */
import { Option } from "commander";
import { parseCheckpointName } from "../../runs/checkpoints/checkpoint-names.js";

/** @param what the checkpoint is for, in a few words */
export function checkpointOption(what: string): Option {
  return new Option(
    "--checkpoint <name>",
    `${what}: last, best, best-on-test, auto (chosen without labels of other domains), or step-N for that of a step`,
  )
    .argParser(parseCheckpointName)
    .default("last");
}
