/** Subjects on both sides of the line between training and test, in whatever domains. */
import { counted } from "../../core/counted.js";
import { groupBy } from "../../core/group-by.js";
import { allCases, type Case, caseName, type Dataset } from "../dataset.js";
import { error, type Problem } from "./problems.js";

function places(cases: readonly Case[]): string {
  return [...new Set(cases.map((one) => one.domain))].join(", ");
}

/** An error for each subject that has cases in training and in test: the network is judged on what it has seen. */
export function leakingSubjects(dataset: Dataset): Problem[] {
  const bySubject = groupBy(allCases(dataset), (one) => one.subject);
  return [...bySubject].flatMap(([subject, cases]) => {
    const train = cases.filter((one) => one.split === "train");
    const test = cases.filter((one) => one.split === "test");
    if (train.length === 0 || test.length === 0) return [];
    return [
      error(
        `subject ${subject} is in training (${places(train)}: ${counted(train.length, "case")}, as ${caseName(train[0])}) ` +
          `and in test (${places(test)}: ${counted(test.length, "case")}, as ${caseName(test[0])}); keep it in one of ` +
          `them, or correct subject in ${dataset.path}`,
      ),
    ];
  });
}
