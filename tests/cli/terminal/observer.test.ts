/** What a verb tells of its progress, as it stands in a log. */
import { afterEach, expect, it, vi } from "vitest";
import { createTerminalObserver } from "../../../src/cli/terminal/observer.js";

afterEach(() => vi.restoreAllMocks());

/** The last count of each line of progress. */
function countsOf(...steps: readonly (readonly [what: string, done: number, total: number])[]): string[] {
  const written: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
  const { progress, finish } = createTerminalObserver();
  for (const step of steps) progress(...step);
  finish();
  return written.map((text) => /^\D*\d+\/\d+/.exec(text)?.[0] ?? text);
}

it("counts the same work of several folders anew, each to its own end", () => {
  const folder = (total: number) => Array.from({ length: total }, (_, i) => ["reading headers", i + 1, total] as const);
  expect(countsOf(...folder(9), ...folder(10), ...folder(10), ["predicting", 1, 2])).toEqual([
    "reading headers: 9/9",
    "reading headers: 10/10",
    "reading headers: 10/10",
    "predicting: 1/2",
  ]);
});
