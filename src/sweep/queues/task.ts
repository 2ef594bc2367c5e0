/** What is handed to a queue: a command for each run, which trains and judges it and goes on where it stopped. */

/** One run of a sweep. */
export interface Task {
  /** Name of its folder. */
  readonly id: string;
  /** Program and arguments. */
  readonly words: readonly string[];
}

/** The runs that are left of a sweep. */
export interface Submission {
  /** Of the grid, for people. */
  readonly name: string;
  /** Where the commands are run, an absolute path: overrides may name files relative to it. */
  readonly cwd: string;
  /** The sweep's folder, an absolute path. */
  readonly out: string;
  /** The files that its runs are described in, absolute paths: grid, base, data sets. */
  readonly files: readonly string[];
  /** At least one. */
  readonly tasks: readonly Task[];
}
