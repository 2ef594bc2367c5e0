/**
 * Turns vitest's own report into the counts of the summary line. A file that could not even be loaded has no
 * tests to fail, and an unhandled error fails no test; both must still count as failures.
 */

/**
 * Counts from vitest's JSON report.
 * @param report the parsed report; undefined when vitest did not get to write one
 * @param exitCode of vitest
 * @returns {passed, failed, skipped}
 */
export function countTests(report, exitCode) {
  const passed = report?.numPassedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  const unloaded = (report?.testResults ?? []).filter(
    (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  );
  const failed = (report?.numFailedTests ?? 0) + unloaded.length;
  const nothingRan = passed + failed === 0;
  return { passed, skipped, failed: failed === 0 && (exitCode !== 0 || nothingRan) ? 1 : failed };
}

/** The last line of the output. */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
