/**
 * What a soak is: one program that tries a promise of reliability thousands of times, with a seed, and counts. Quick
 * forms run in the tests; the long ones are kept in bench/results.
 */

/** What a soak is asked for. */
export interface SoakOptions {
  /** Draws the tries. Where a kill falls by the clock, a seed repeats the plan and not the moment. */
  readonly seed: number;
  /** A few tries, enough to see that the soak works. */
  readonly quick: boolean;
  /** Parts that alone are tried, by name; empty: all. Of soaks with `parts`. */
  readonly only?: readonly string[];
  /** An empty folder to work in. */
  readonly folder: string;
  /** Told what happens, for a terminal. */
  readonly say: (message: string) => void;
}

/** What a soak found. */
export interface SoakReport {
  /** The promise that was tried, in a sentence. */
  readonly promise: string;
  /** What was counted or measured; units stand in the names. */
  readonly counts: Readonly<Record<string, number | string>>;
  /** One line for each broken promise; empty when all was well. */
  readonly failures: readonly string[];
}

/** The one function that every soak exports as `run`. */
export type Soak = (options: SoakOptions) => Promise<SoakReport>;
