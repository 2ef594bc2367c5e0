/** What the studio shows of runs. Types alone: they are the same in this process and in the page. */

/** How far a run is. */
export type RunStage = "running" | "starting" | "stopping" | "stopped" | "finished";

/** A run in a list. */
export interface RunOverview {
  /** Stands for the run in addresses; no path can be made of it. */
  readonly id: string;
  /** Its folder, from the studio's one. */
  readonly place: string;
  readonly stage: RunStage;
  /** Optimiser steps done, of so many. */
  readonly step: number;
  readonly iterations: number;
  /** Seconds that are left at the pace seen since the studio looks; null where it is not known. */
  readonly secondsLeft: number | null;
  /** Newest Dice of the student on the validation cases, 0 to 1. */
  readonly dice: number | null;
  readonly method: string;
  readonly optimizer: string;
  readonly model: string;
  readonly labelledDomain: string;
  readonly dataset: string;
  /** When anything was last logged, as ISO 8601. */
  readonly changed: string;
  /** Whether this studio trains it, and so can stop it. */
  readonly ours: boolean;
  /** Why its last training by this studio failed. */
  readonly failure: string | null;
}

/** How well a run did in one domain, mean over its test cases and parts. */
export interface DomainScores {
  readonly name: string;
  readonly labelled: boolean;
  readonly cases: number;
  /** Structures of which nothing was found, as words. */
  readonly missed: string;
  /** 0 to 1, with its 95 % interval over subjects; null where it is not defined. */
  readonly dice: { readonly mean: number | null; readonly interval: readonly [number, number] | null };
  /** In the units of the evaluation; null where it is not defined. */
  readonly hd95: number | null;
}

/** The newest evaluation of a run. */
export interface RunScores {
  readonly step: number;
  readonly network: string;
  readonly units: string;
  /** Mean over the domains, 0 to 1. */
  readonly dice: number | null;
  readonly domains: readonly DomainScores[];
}

/** What is on the page of all runs. */
export interface RunList {
  readonly folder: string;
  readonly runs: readonly RunOverview[];
  /** Run folders that cannot be read, a sentence each. */
  readonly unreadable: readonly string[];
}

/** A logged quantity. */
export interface Curve {
  /** Its name in metrics.jsonl. */
  readonly key: string;
  readonly title: string;
  readonly caption: string;
  /** Steps and values, the oldest first; long logs are averaged in blocks. */
  readonly points: readonly (readonly [step: number, value: number])[];
}

/** What is new of a run. */
export interface RunNews {
  readonly overview?: RunOverview;
  readonly curves?: readonly Curve[];
  /** Whether the curves begin anew; otherwise points are added to those that are there. */
  readonly restarted?: boolean;
}
