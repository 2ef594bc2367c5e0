/** What to label next, and what was labelled, as the studio shows it. */
import { readResolvedConfig } from "../../../config/config.js";
import { type Case, caseName } from "../../../data/dataset.js";
import type { RunCases } from "../run-cases.js";
import { idOf } from "../run-overview.js";
import type { CorrectedCase, LabelList } from "../shown/labelling.js";
import { correctedLabels } from "./corrected-labels.js";
import { readSuggestion } from "./suggestion-file.js";

/** Of a run. @throws DimsegError when the run or its data set cannot be read */
export function labelList(cases: RunCases): Omit<LabelList, "suggesting" | "failure"> {
  const { folder } = cases;
  const suggestion = readSuggestion(folder.quality);
  const known = new Map(cases.list().cases.map((one) => [one.id, one]));
  const images = (suggestion?.images ?? []).flatMap(({ rank, domain, id, reason }) => {
    const one = known.get(idOf(`${domain}/train/${id}`));
    return one ? [{ rank, reason, one }] : [];
  });
  const { added, changed, leftOut } = correctedLabels(cases);
  const shown = (change: CorrectedCase["change"]) => (one: Case) => ({
    ...{ id: idOf(caseName(one)), domain: one.domain, name: one.id, change },
  });
  return {
    suggested: suggestion && { step: suggestion.checkpoint.step, strategy: suggestion.strategy },
    images,
    corrected: [...added.map(shown("added")), ...changed.map(shown("changed"))],
    leftOut,
    iterations: readResolvedConfig(folder.config).training.iterations,
  };
}
