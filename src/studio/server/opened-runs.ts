/** The data sets of the runs that are looked at. */
import { RunCases } from "../../workflows/studio/run-cases.js";
import type { WatchedRuns } from "../../workflows/studio/run-overview.js";

/** Runs whose cases are kept open. */
const mostRuns = 4;

export class OpenedRuns {
  private readonly opened = new Map<string, RunCases>();

  constructor(private readonly runs: WatchedRuns) {}

  /** @throws DimsegError when there is no such run, or its data set cannot be read */
  casesOf(id: string): RunCases {
    const folder = this.runs.folderOf(id);
    const cases = this.opened.get(folder) ?? new RunCases(folder);
    this.opened.delete(folder);
    this.opened.set(folder, cases);
    for (const oldest of this.opened.keys()) {
      if (this.opened.size <= mostRuns) break;
      this.opened.delete(oldest);
    }
    return cases;
  }

  /** A mask was written, which other runs of the same data set see, too. */
  forget(): void {
    this.opened.clear();
  }
}
