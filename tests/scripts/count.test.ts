import { describe, expect, it } from "vitest";
import { countTests, summaryLine } from "../../scripts/test/count.mjs";

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

describe("summary of the tests", () => {
  it("takes vitest's own counts", () => {
    const report = {
      numPassedTests: 5,
      numFailedTests: 1,
      numPendingTests: 2,
      numTodoTests: 1,
      testResults: [file("failed", "passed", "failed")],
    };
    expect(countTests(report, 1)).toEqual({ passed: 5, failed: 1, skipped: 3 });
    expect(summaryLine({ passed: 5, failed: 1, skipped: 3 })).toBe("5 passed, 1 failed, 3 skipped");
    expect(summaryLine({ passed: 5, failed: 0, skipped: 0 })).toBe("5 passed, 0 failed");
  });

  it("counts a file that could not be loaded, an unhandled error, no tests and no report as failures", () => {
    expect(countTests({ numPassedTests: 5, numFailedTests: 0, testResults: [file("failed")] }, 1).failed).toBe(1);
    expect(
      countTests({ numPassedTests: 5, numFailedTests: 0, testResults: [file("passed", "passed")] }, 1).failed,
    ).toBe(1);
    expect(countTests({ numPassedTests: 0, numFailedTests: 0, testResults: [] }, 0).failed).toBe(1);
    expect(countTests(undefined, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});
