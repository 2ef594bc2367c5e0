/** Which normalisation the values of a data set have. */
import { type Normalisation, planar8bit, planarLevels, zScores } from "../augment/index.js";
import { type ValueKind, type ValueRule, valueKindOf } from "../data/images/values.js";

const normalisations: Readonly<Record<ValueKind, Normalisation>> = {
  bytes: planar8bit,
  levels: planarLevels,
  zscores: zScores,
};

/** How a data set's values become network inputs. */
export function normalisationOf(dataset: ValueRule): Normalisation {
  return normalisations[valueKindOf(dataset)];
}
