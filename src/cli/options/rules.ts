/** The options of rules after inference, of the verbs that make or judge masks. */
import { type Command, Option } from "commander";
import { UsageError } from "../../core/errors.js";
import type { MaskRules, RuledClasses } from "../../inference/rules.js";
import type { WantedRules } from "../../workflows/mask-rules.js";
import { collected } from "./collected.js";

/** As commander gives them; `rules` is false with `--no-rules`. */
export interface RuleOptions {
  readonly keepLargest: readonly string[];
  readonly minVolume: readonly string[];
  readonly fillHoles: readonly string[];
  readonly connectivity?: string;
  readonly rules: boolean;
}

/** Adds the options to a verb. */
export function addRuleOptions(command: Command): Command {
  return command
    .option("--keep-largest <class>", "keep only the largest part of a class, or of all; repeatable", collected, [])
    .option(
      "--min-volume <size>",
      "remove smaller parts, mm3 of volumes or pixels of pictures: 50, or CLASS=50; repeatable",
      collected,
      [],
    )
    .option("--fill-holes <class>", "fill the holes of a class, or of all; repeatable", collected, [])
    .addOption(
      new Option(
        "--connectivity <neighbours>",
        "which belong to a part (default: 8 of pictures, 26 of volumes)",
      ).choices(["4", "8", "6", "18", "26"]),
    )
    .option("--no-rules", "leave out the rules of the run's configuration");
}

function classesOf(names: readonly string[]): RuledClasses | undefined {
  if (names.length === 0) return undefined;
  return names.includes("all") ? "all" : names;
}

/** @throws UsageError for anything but sizes above 0, one for all or one a class */
function volumesOf(texts: readonly string[]): MaskRules["minVolume"] {
  const pairs = texts.map((text) => {
    const at = text.lastIndexOf("=");
    const value = text.slice(at + 1).trim();
    const size = value === "" ? Number.NaN : Number(value);
    if (Number.isFinite(size) && size > 0) return { name: at < 0 ? undefined : text.slice(0, at), size };
    throw new UsageError(`--min-volume ${text}: give a size above 0, such as 50 or CLASS=50`);
  });
  const [first] = pairs;
  if (first === undefined) return undefined;
  if (pairs.length === 1 && first.name === undefined) return first.size;
  return Object.fromEntries(
    pairs.map(({ name, size }) => {
      if (name !== undefined) return [name, size];
      throw new UsageError(
        `--min-volume ${size}: is given for all classes beside another; say which class: CLASS=${size}`,
      );
    }),
  );
}

/** The rules that the options ask for; undefined where they say nothing. @throws UsageError when they contradict */
export function rulesFrom({ keepLargest, minVolume, fillHoles, connectivity, rules }: RuleOptions): WantedRules {
  const asked = {
    keepLargest: classesOf(keepLargest),
    minVolume: volumesOf(minVolume),
    fillHoles: classesOf(fillHoles),
  };
  const given = Object.entries(asked).filter(([, value]) => value !== undefined);
  if (!rules && given.length > 0)
    throw new UsageError("--no-rules: contradicts the rules beside it; leave out one of them");
  if (given.length > 0)
    return {
      ...Object.fromEntries(given),
      ...(connectivity === undefined ? {} : { connectivity: Number(connectivity) as MaskRules["connectivity"] }),
    };
  if (connectivity !== undefined)
    throw new UsageError(
      `--connectivity ${connectivity}: says how rules connect; give --keep-largest, --min-volume or --fill-holes with it`,
    );
  return rules ? undefined : "none";
}
