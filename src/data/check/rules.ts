/** Rules of a dataset.yaml that decode every file and yet do not fit them. */
import { counted } from "../../core/counted.js";
import type { Split } from "../case-files.js";
import type { Dataset } from "../dataset.js";
import { isZScore } from "../images/values.js";
import { type CaseFacts, judgedFacts } from "./examine.js";
import { type Problem, warning } from "./problems.js";

/** Fewer of the 256 grey levels than this leave a network little to see. */
const fewestLevels = 32;

/** From this share of empty training masks on there is little to learn from. */
const mostlyEmpty = 0.8;

/** Parts that no mask of the whole set, or none for training, holds, and foreground nearly everywhere. */
function labelProblems(dataset: Dataset, facts: readonly CaseFacts[]): Problem[] {
  const judged = judgedFacts(facts);
  if (judged.length === 0) return [];
  const training = judgedFacts(facts.filter((one) => one.case.split === "train"));
  const holds = (of: typeof judged, part: number) => of.some(({ partShares }) => partShares[part] > 0);
  const covered = judged.reduce((sum, one) => sum + one.foreground, 0) / judged.length;
  const hasClassFiles = dataset.labels.kind === "files";
  return [
    ...dataset.parts.flatMap(({ name }, part) => {
      if (!holds(judged, part)) return [warning(`class ${name} is in no mask; check labels in ${dataset.path}`)];
      if (training.length === 0 || holds(training, part)) return [];
      return [warning(`class ${name} is in no training mask, so it cannot be learnt; add one, or remove the class`)];
    }),
    ...(covered > 0.5
      ? [
          warning(
            `${(100 * covered).toFixed(0)} % of the masks' pixels are foreground; if they should be background, ` +
              `${hasClassFiles ? "take the class whose files show it out of masksByClass" : "turn labels round"} in ${dataset.path}`,
          ),
        ]
      : []),
  ];
}

/** Domains with hardly anything to learn from, or with nothing to be judged by. */
function emptyProblems(dataset: Dataset, facts: readonly CaseFacts[]): Problem[] {
  return dataset.domains.flatMap(({ name, index }) => {
    const judgedIn = (split: Split) =>
      judgedFacts(facts.filter((one) => one.case.domainIndex === index && one.case.split === split));
    const [training, test] = [judgedIn("train"), judgedIn("test")];
    const empty = training.filter(({ foreground }) => foreground === 0).length;
    const all = empty === training.length ? "nothing" : "little";
    return [
      ...(empty > 0 && empty >= mostlyEmpty * training.length
        ? [
            warning(
              `domain ${name}: ${empty} of ${counted(training.length, "training mask")} ${empty === 1 ? "is" : "are"} empty, ` +
                `so there is ${all} to learn from; check that they are the masks of these images`,
            ),
          ]
        : []),
      ...(test.length > 0 && test.every(({ foreground }) => foreground === 0)
        ? [warning(`domain ${name}: no test mask shows any class, so nothing can be judged there; check the masks`)]
        : []),
    ];
  });
}

/** Domains that share no class with any other one: they may only code it otherwise. */
function strangerProblems(dataset: Dataset, facts: readonly CaseFacts[]): Problem[] {
  const found = dataset.domains.flatMap(({ name, index }) => {
    const judged = judgedFacts(facts.filter((one) => one.case.domainIndex === index));
    const parts = dataset.parts.filter((_, part) => judged.some(({ partShares }) => partShares[part] > 0));
    return parts.length > 0 ? [{ name, parts: parts.map((part) => part.name) }] : [];
  });
  const strangers = found.filter(
    (one) => !found.some((other) => other !== one && other.parts.some((part) => one.parts.includes(part))),
  );
  if (found.length < 2 || strangers.length === 0) return [];
  const said = found
    .filter((one) => strangers.includes(one) || found.length === 2)
    .map(
      ({ name, parts }) =>
        `${parts.map((part) => `"${part}"`).join(" and ")} ${parts.length > 1 ? "are" : "is"} only in ${name}`,
    );
  return [
    warning(
      `class ${said.join(", ")}; if these are the same objects, the domains code them in different ways: give one of them ` +
        `labels of its own in ${dataset.path}`,
    ),
  ];
}

/** Domains that are nearly one grey to the network, and a rule for 16-bit images where there are none. */
function intensityProblems(dataset: Dataset, facts: readonly CaseFacts[]): Problem[] {
  const dark = dataset.domains.flatMap(({ name, index }) => {
    const spans = facts.flatMap(({ case: one, levels, wide }) =>
      one.domainIndex === index && levels ? [{ span: levels[1] - levels[0] + 1, wide }] : [],
    );
    const widest = Math.max(...spans.map(({ span }) => span));
    if (spans.length === 0 || widest >= fewestLevels) return [];
    const mend = spans.some(({ wide }) => wide) ? `intensity in ${dataset.path}` : "the files";
    return [warning(`domain ${name}: no image has more than ${widest} of 256 grey levels; check ${mend}`)];
  });
  const { intensity } = dataset;
  const idle =
    intensity !== undefined &&
    !isZScore(intensity) &&
    facts.some(({ wide }) => wide !== undefined) &&
    !facts.some(({ wide }) => wide);
  return idle
    ? [...dark, warning(`intensity in ${dataset.path} is for 16-bit images; there are none, so it changes nothing`)]
    : dark;
}

/** What the files together tell about the rules. */
export function misfittingRules(dataset: Dataset, facts: readonly CaseFacts[]): Problem[] {
  return [
    ...labelProblems(dataset, facts),
    ...emptyProblems(dataset, facts),
    ...strangerProblems(dataset, facts),
    ...intensityProblems(dataset, facts),
  ];
}
