/** Rules of a dataset.yaml that decode every file and yet do not fit them. */
import type { Dataset } from "../dataset.js";
import { type CaseFacts, judgedFacts } from "./examine.js";
import { type Problem, warning } from "./problems.js";

/** Fewer of the 256 grey levels than this leave a network little to see. */
const fewestLevels = 32;

/** Parts that no mask of the whole set holds, and foreground nearly everywhere: labels that do not fit. */
function labelProblems(dataset: Dataset, facts: readonly CaseFacts[]): Problem[] {
  const judged = judgedFacts(facts);
  if (judged.length === 0) return [];
  const absent = dataset.parts.filter((_, i) => judged.every(({ partShares }) => partShares[i] === 0));
  const covered = judged.reduce((sum, one) => sum + one.foreground, 0) / judged.length;
  return [
    ...absent.map((part) => warning(`class ${part.name} is in no mask; check labels in ${dataset.path}`)),
    ...(covered > 0.5
      ? [
          warning(
            `${(100 * covered).toFixed(0)} % of the masks' pixels are foreground; if they should be background, ` +
              `turn labels round in ${dataset.path}`,
          ),
        ]
      : []),
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
  const idle =
    dataset.intensity !== undefined && facts.some(({ wide }) => wide !== undefined) && !facts.some(({ wide }) => wide);
  return idle
    ? [...dark, warning(`intensity in ${dataset.path} is for 16-bit images; there are none, so it changes nothing`)]
    : dark;
}

/** What the files together tell about the rules. */
export function misfittingRules(dataset: Dataset, facts: readonly CaseFacts[]): Problem[] {
  return [...labelProblems(dataset, facts), ...intensityProblems(dataset, facts)];
}
